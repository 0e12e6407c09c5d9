// SPDX-License-Identifier: Apache-2.0
#include "fortress.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "honest_client.hpp"
#include "raider.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"

namespace troupe::bench {

namespace {

using namespace std::chrono_literals;

/// Counts lines instead of writing them.
class line_counter final : public spdlog::sinks::base_sink<std::mutex> {
public:
  std::atomic<size_t> lines = 0;

private:
  void sink_it_(const spdlog::details::log_msg&) override {
    ++lines;
  }

  void flush_() override {
    // Nothing was written.
  }
};

caf::behavior echo_reactor(caf::event_based_actor* self, const node& where) {
  auto wire
      = where.open_channel<echo::EchoMessage>(self, siege_channels().at(0));
  return {
      [wire](const inbound_envelope& in) {
        return in.match(
            [&](const echo::PingMessage& ping) {
              echo::PongMessage pong;
              pong.set_content(ping.content());
              wire.send(in.from, pong);
            },
            [](const echo::PongMessage&) {});
      },
  };
}

caf::behavior list_reactor(caf::event_based_actor* self, const node& where) {
  where.open_channel<p2p::PexMessage>(self, siege_channels().at(1));
  return {[](const inbound_envelope&) {}};
}

/// Kilobytes of a process, by the name of the line in `/proc/PID/status`.
size_t memory_of(const std::string& pid, const std::string& what) {
  std::ifstream in{"/proc/" + pid + "/status"};
  for (std::string word; in >> word;)
    if (size_t value = 0; word == what + ":" && in >> value)
      return value;
  give_up("no memory figures of the node");
}

sigset_t question() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGUSR1);
  return result;
}

} // namespace

node_options siege_options(const node_key& key, const std::string& protocol) {
  constexpr size_t many = 100'000;
  node_options result{
      .key = key,
      .network = siege_network,
      .listen = {protocol + "://127.0.0.1:0"},
      .channels_expected = 2,
      .max_connected = std::nullopt,
      // Reached before anything is measured: who is known costs memory, too.
      .max_peers = 500,
      .max_accepted = 4096,
      .handshakes = {.max = 2048, .max_per_ip = 2048, .max_per_subnet = 2048},
      .inbound = {.max_per_ip = many,
                  .max_per_subnet = many,
                  .ip_rate = std::nullopt,
                  .subnet_rate = std::nullopt,
                  .total_rate = std::nullopt},
  };
  result.stream.send_rate.reset();
  result.stream.recv_rate.reset();
  return result;
}

// -- seen from outside --------------------------------------------------------

fortress::fortress(const std::string& protocol) : process_({"hold", protocol}) {
  address_ = process_.read_line();
  pid_ = process_.read_line();
}

uint16_t fortress::port() const {
  return static_cast<uint16_t>(
      std::stoul(address_.substr(address_.rfind(':') + 1)));
}

node_state fortress::look() {
  kill(static_cast<pid_t>(std::stol(pid_)), SIGUSR1);
  std::istringstream in{process_.read_line()};
  node_state result;
  in >> result.heap_bytes >> result.log_lines;
  result.resident_kib = memory_of(pid_, "VmRSS");
  result.resident_peak_kib = memory_of(pid_, "VmHWM");
  return result;
}

void fortress::forget_peak() {
  std::ofstream{"/proc/" + pid_ + "/clear_refs"} << "5\n";
}

// -- seen from inside ---------------------------------------------------------

void block_questions() {
  auto signals = question();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void hold_fortress(caf::actor_system& sys, const std::string& protocol) {
  auto counter = std::make_shared<line_counter>();
  auto logger = std::make_shared<spdlog::logger>("troupe", counter);
  logger->set_level(spdlog::level::info);
  spdlog::register_logger(logger);
  system_entropy random;
  const auto key = node_key::generate(random);
  auto where = spawn_node(sys, siege_options(key, protocol));
  auto echoes = sys.spawn(echo_reactor, where);
  auto lists = sys.spawn(list_reactor, where);
  caf::scoped_actor self{sys};
  self->request(where.router(), 10s, caf::get_atom_v)
      .receive(
          [&](const std::vector<endpoint>& found) {
            fmt::print("{}://{}@127.0.0.1:{}\n{}\n", protocol,
                       to_string(key.id()), found.at(0).port, getpid());
          },
          [](const caf::error& why) { give_up(to_string(why)); });
  const auto signals = question();
  for (int which = 0;;) {
    sigwait(&signals, &which);
    const auto heap = mallinfo2();
    fmt::print("{} {}\n", heap.uordblks + heap.hblkhd, counter->lines.load());
  }
}

} // namespace troupe::bench
