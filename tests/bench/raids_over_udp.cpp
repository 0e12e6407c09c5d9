// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "raids.hpp"
#include "stranger.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/transport/quic/gnutls_tls.hpp"

namespace troupe::bench {

namespace {

using namespace std::chrono_literals;

using clock = std::chrono::steady_clock;

/// From how many addresses first datagrams come, and how many of these there
/// are: making one takes longer than sending it.
constexpr size_t addresses = 250;
constexpr size_t first_datagrams = 4000;

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

/// A place that first datagrams come from.
struct source {
  unique_socket socket;
  size_t sent = 0;
  size_t received = 0;

  void listen() {
    std::array<std::byte, 2048> buffer;
    for (;;) {
      const auto size
          = recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0)
        return;
      received += static_cast<size_t>(size);
    }
  }
};

/// Sends so many first datagrams a second, and never answers.
void flood(const raid& what) {
  system_entropy random;
  auto who = make_gnutls_credentials(node_key::generate(random), {"troupe/1"},
                                     random, system_wall_clock{}.now());
  std::vector<bytes> datagrams;
  for (size_t i = 0; who && i < first_datagrams; ++i)
    datagrams.push_back(stranger::first_datagram(**who, random, clock::now()));
  std::vector<source> sources;
  for (size_t i = 0; i < addresses; ++i)
    sources.push_back({socket_of_stranger(what.port, i)});
  say(std::to_string(datagrams.size() == first_datagrams ? what.count : 0));
  const auto begin = clock::now();
  size_t done = 0;
  while (clock::now() < begin + what.span) {
    const std::chrono::duration<double> passed = clock::now() - begin;
    const auto due
        = static_cast<size_t>(passed.count() * static_cast<double>(what.count));
    for (; done < due; ++done) {
      auto& from = sources[done % addresses];
      const auto& data = datagrams[done % first_datagrams];
      if (::send(from.socket.get(), data.data(), data.size(), MSG_NOSIGNAL) > 0)
        from.sent += data.size();
    }
    for (auto& x : sources)
      x.listen();
    poll(nullptr, 0, 2);
  }
  size_t sent = 0;
  size_t received = 0;
  double worst = 0;
  for (const auto& x : sources) {
    sent += x.sent;
    received += x.received;
    worst = std::max(worst,
                     static_cast<double>(x.received)
                         / static_cast<double>(std::max<size_t>(x.sent, 1)));
  }
  say(fmt::format("{} first datagrams from {} addresses: {} bytes, and {} came "
                  "back ({:.2f})",
                  done, addresses, sent, received,
                  static_cast<double>(received)
                      / static_cast<double>(std::max<size_t>(sent, 1))));
  say(fmt::format("{:.3f}", worst));
}

/// Keeps so many strangers at it.
void keep_on(const raid& what, stranger::aim aim) {
  std::vector<std::unique_ptr<stranger>> all(what.count);
  size_t joined = 0;
  size_t arrived = 0;
  size_t begun = 0;
  double worst = 0;
  auto finish = [&](std::unique_ptr<stranger>& x) {
    arrived += x->arrived() ? 1 : 0;
    begun += x->begun();
    worst = std::max(worst, x->amplification());
    x.reset();
  };
  say(std::to_string(what.count));
  const auto end = clock::now() + what.span;
  while (clock::now() < end) {
    std::vector<pollfd> ready;
    size_t fresh = 0;
    for (auto& x : all) {
      if (x && x->over(clock::now()))
        finish(x);
      // A few at a time: each makes a certificate.
      if (!x && fresh++ < 16)
        x = std::make_unique<stranger>(what.port, joined++, aim);
      if (!x)
        continue;
      x->turn(clock::now());
      ready.push_back({x->fd(), POLLIN, 0});
    }
    poll(ready.data(), ready.size(), fresh > 0 ? 0 : 5);
  }
  for (auto& x : all)
    if (x)
      finish(x);
  if (aim == stranger::aim::stop)
    say(fmt::format("{} handshakes that stopped, of {} begun", arrived,
                    joined));
  else
    say(fmt::format("{} messages begun on {} connections, of {} begun", begun,
                    arrived, joined));
  if (aim == stranger::aim::stop)
    say(fmt::format("{:.3f}", worst));
}

} // namespace

bool attack_over_udp(const raid& what) {
  if (what.kind == "initials")
    flood(what);
  else if (what.kind == "stops")
    keep_on(what, stranger::aim::stop);
  else if (what.kind == "streams")
    keep_on(what, stranger::aim::stream);
  else
    return false;
  return true;
}

} // namespace troupe::bench
