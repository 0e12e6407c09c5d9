// SPDX-License-Identifier: Apache-2.0
//
// How long a node takes from the address of one seed to ten peers: a node of
// ours and CometBFT, in a network of ours and in one of CometBFT's.
//
//     troupe_bench_join [--runs N] [--cometbft PROGRAM]
//
// Exit status: 1 if somebody did not get ten peers.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "child.hpp"
#include "median.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/actors/pex/pex.hpp"
#include "troupe/proto/echo.pb.h"

namespace {

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

constexpr size_t network_size = 12;
constexpr size_t peers_wanted = 10;

/// How long our side may take for anything.
constexpr auto patience = 2min;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "join: {}\n", why);
  std::exit(1);
}

struct options {
  size_t runs = 9;
  std::string cometbft = TROUPE_COMETBFT_JOIN;
};

// -- nodes of ours ------------------------------------------------------------

/// A node with peer exchange and the channel that CometBFT's nodes have here;
/// for the rest with default settings.
node spawn_member(caf::actor_system& sys, std::vector<std::string> known,
                  const pex_options& exchange = {}) {
  system_entropy random;
  auto result = spawn_node(sys, {.key = node_key::generate(random),
                                 .network = "bench",
                                 .listen = {"mconn://127.0.0.1:0"},
                                 .bootstrap_peers = std::move(known),
                                 .channels_expected = 2});
  sys.spawn([result](caf::event_based_actor* self) -> caf::behavior {
    static_cast<void>(
        result.open_channel<echo::EchoMessage>(self, {.id = 0x70}));
    return {[](const inbound_envelope&) {}};
  });
  spawn_pex(sys, result, exchange);
  return result;
}

std::string address_of(caf::scoped_actor& self, const node& home) {
  uint16_t port = 0;
  home.endpoints(self).receive(
      [&port](const std::vector<endpoint>& where) { port = where.at(0).port; },
      [](const caf::error& why) { give_up(to_string(why)); });
  return fmt::format("{}@127.0.0.1:{}", to_string(home.id()), port);
}

/// Waits until a node has had that many different peers, at the same time or
/// one after the other; `ignored` does not count.
void wait_for_peers(caf::scoped_actor& self, const node& home, size_t wanted,
                    const std::string& ignored = {}) {
  const auto deadline = clock_type::now() + patience;
  std::set<std::string> seen;
  home.subscribe(self.ptr());
  while (seen.size() < wanted)
    self->receive(
        [&](const peer_update& update) {
          auto id = to_string(update.peer);
          if (update.status == peer_status::up && id != ignored)
            seen.insert(std::move(id));
        },
        caf::after(deadline - clock_type::now()) >>
            [&] {
              give_up(
                  fmt::format("{} of {} peers in time", seen.size(), wanted));
            });
  home.unsubscribe(self.ptr());
}

/// Runs a network of ours to join, says where its seed is, and does not return.
[[noreturn]] void serve(caf::actor_system& sys) {
  caf::scoped_actor self{sys};
  std::vector<node> nodes;
  std::vector<std::string> addresses;
  for (size_t i = 0; i < network_size; ++i) {
    nodes.push_back(spawn_member(sys, addresses));
    addresses.push_back(address_of(self, nodes.back()));
  }
  auto seed = spawn_member(sys, addresses, {.seed_mode = true});
  wait_for_peers(self, seed, network_size);
  const auto where
      = nlohmann::json{{"event", "serving"}, {"seed", address_of(self, seed)}};
  fmt::print("{}\n", where.dump());
  std::fflush(stdout);
  for (;;)
    pause();
}

// -- one newcomer -------------------------------------------------------------

/// Who runs the network.
enum class owner : uint8_t { us, cometbft };

std::string name_of(owner who) {
  return who == owner::us ? "ours" : "CometBFT";
}

/// A network of its own for one newcomer: who was there before would be found
/// in the books.
class network {
public:
  network(owner who, const options& chosen)
    : process_(who == owner::us
                   ? child{{"serve"}}
                   : child{{"-serve", std::to_string(network_size)},
                           chosen.cometbft}) {
    seed_ = nlohmann::json::parse(process_.read_line()).at("seed");
  }

  [[nodiscard]] const std::string& seed() const {
    return seed_;
  }

private:
  child process_;
  std::string seed_;
};

/// Lets a node of ours do it.
double join_ours(caf::actor_system& sys, owner who, const options& chosen) {
  network around{who, chosen};
  caf::scoped_actor self{sys};
  const auto begin = clock_type::now();
  auto home = spawn_member(sys, {around.seed()});
  wait_for_peers(self, home, peers_wanted,
                 around.seed().substr(0, around.seed().find('@')));
  const auto result = clock_type::now() - begin;
  home.stop();
  self->wait_for(home.router());
  return std::chrono::duration<double>{result}.count();
}

/// CometBFT doing it. Most of it, it waits, so that several can.
class their_newcomer {
public:
  their_newcomer(owner who, const options& chosen)
    : around_(who, chosen),
      process_(
          {"-seed", around_.seed(), "-peers", std::to_string(peers_wanted)},
          chosen.cometbft) {
    version_ = nlohmann::json::parse(process_.read_line()).at("release");
  }

  [[nodiscard]] const std::string& version() const {
    return version_;
  }

  /// Waits until it has its peers.
  double seconds() {
    return nlohmann::json::parse(process_.read_line()).at("seconds");
  }

private:
  network around_;
  child process_;
  std::string version_;
};

// -- figures ------------------------------------------------------------------

double mean(const std::vector<double>& all) {
  return std::accumulate(all.begin(), all.end(), 0.0)
         / static_cast<double>(all.size());
}

void print(const std::string& who, const std::vector<double>& all) {
  fmt::print("  {:<22} {:8.3f} s  (mean {:.3f}, from {:.3f} to {:.3f} in {} "
             "runs)\n",
             who, median(all), mean(all),
             *std::min_element(all.begin(), all.end()),
             *std::max_element(all.begin(), all.end()), all.size());
}

void measure(caf::actor_system& sys, owner who, const options& chosen) {
  fmt::print("{} peers from the address of a seed, in a network of {} nodes "
             "({}):\n",
             peers_wanted, network_size, name_of(who));
  std::vector<double> ours;
  while (ours.size() < chosen.runs)
    ours.push_back(join_ours(sys, who, chosen));
  print("a node of ours", ours);
  if (!std::filesystem::exists(chosen.cometbft)) {
    fmt::print("  without CometBFT: 'make interop' builds it\n");
    return;
  }
  std::deque<their_newcomer> newcomers;
  while (newcomers.size() < chosen.runs)
    newcomers.emplace_back(who, chosen);
  std::vector<double> theirs;
  for (auto& newcomer : newcomers)
    theirs.push_back(newcomer.seconds());
  print("CometBFT " + newcomers.front().version(), theirs);
  // They need either one look at their peers or a second one, 30 s later: the
  // median says which is the more frequent.
  fmt::print("  {:<22} {:8.4f}\n", "ratio of the medians",
             median(ours) / median(theirs));
  fmt::print("  {:<22} {:8.4f}    (at most 0.2)\n", "ratio of the means",
             mean(ours) / mean(theirs));
}

options parse(const std::vector<std::string>& words) {
  options result;
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    const auto& value = words[i + 1];
    if (words[i] == "--runs" && std::atoi(value.c_str()) > 0)
      result.runs = std::stoul(value);
    else if (words[i] == "--cometbft")
      result.cometbft = value;
    else
      give_up("bad option " + words[i] + " " + value);
  }
  if (words.size() % 2 != 0)
    give_up("bad option " + words.back());
  return result;
}

} // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto serving = words == std::vector<std::string>{"serve"};
  const auto chosen = serving ? options{} : parse(words);
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system sys{config};
  if (serving)
    serve(sys);
  measure(sys, owner::us, chosen);
  if (std::filesystem::exists(chosen.cometbft))
    measure(sys, owner::cometbft, chosen);
  return 0;
}
