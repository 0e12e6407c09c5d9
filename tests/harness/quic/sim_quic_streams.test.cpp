// SPDX-License-Identifier: Apache-2.0
//
// Connections of QUIC over networks of all kinds, each a function of its seed.
#include <cstdlib>
#include <string>

#include "troupe/tests/harness/quic/sim_quic_pair.test.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

namespace {

constexpr uint64_t seeds = 60;

/// Most that a network does to datagrams, for connections to live on.
sim_link_options draw_link(sim_random& random) {
  auto some = [&random](uint64_t most) {
    return random.chance(500) ? static_cast<unsigned>(random.below(most)) : 0;
  };
  sim_link_options result;
  result.latency = random.chance(500)
                       ? sim_latency::uniform(1ms, random.between(1ms, 200ms))
                       : sim_latency::long_tail(random.between(1ms, 50ms), 2s);
  result.bandwidth = random.chance(300) ? 50'000 + random.below(2'000'000) : 0;
  result.datagram_size_max = 1200 + random.below(300);
  result.lose_per_mille = some(200);
  result.late_per_mille = some(500);
  result.double_per_mille = some(500);
  result.garble_per_mille = some(100);
  return result;
}

/// What one side sends, and the other has to have in the end.
struct sent_stream {
  stream_id id;
  bytes data;
};

std::vector<sent_stream> send_some(quic_connection& from, sim_random& random) {
  std::vector<sent_stream> result;
  for (auto left = 1 + random.below(4); left > 0; --left) {
    const auto id = from.open_uni(1 + static_cast<int>(random.below(10)));
    REQUIRE(id);
    auto data = bytes(random.chance(300) ? random.below(300'000)
                                         : random.below(3000));
    random.fill(data);
    // In pieces, as messages are.
    for (size_t at = 0; at < data.size();) {
      const auto size
          = std::min<size_t>(1 + random.below(20'000), data.size() - at);
      const auto part = byte_view{data}.subspan(at, size);
      from.write({.stream = *id, .body = shared_bytes{part}});
      at += size;
    }
    from.write({.stream = *id, .body = shared_bytes{byte_view{}}, .fin = true});
    result.push_back({*id, std::move(data)});
  }
  return result;
}

bool has_all(const std::vector<sent_stream>& sent, const stream_record& seen) {
  return std::ranges::all_of(sent, [&](const auto& x) {
    auto i = seen.streams.find(x.id);
    return i != seen.streams.end() && i->second.fin;
  });
}

void check_all(const std::vector<sent_stream>& sent,
               const stream_record& seen) {
  for (const auto& x : sent)
    CHECK(seen.streams.at(x.id).data == x.data);
}

/// @returns what happened, as a number.
uint64_t play(uint64_t seed) {
  auto random = sim_random{seed};
  const auto link = draw_link(random);
  sim_quic_pair pair{random.fork(), link};
  // A Retry is good for half a minute, which may be short where most is lost.
  pair.door.set_crowded(link.lose_per_mille < 100 && random.chance(300));
  pair.options.handshake_timeout = 60s;
  pair.options.idle_timeout = 90s; // As nodes have it.
  pair.options.stream_window = 2000 + random.below(100'000);
  pair.dial();
  const auto made = pair.establish(60s);
  const auto& ended = pair.client.connection->ended();
  CAPTURE((ended ? to_string(ended->why.code) + ": " + ended->why.context
                 : std::string{}));
  REQUIRE(made);
  auto& near = pair.client;
  auto& far = *pair.server();
  const auto there = send_some(*near.connection, random);
  const auto back = send_some(*far.connection, random);
  REQUIRE(pair.run(10min, [&] {
    REQUIRE_FALSE(near.connection->ended());
    REQUIRE_FALSE(far.connection->ended());
    return has_all(there, far.seen) && has_all(back, near.seen);
  }));
  check_all(there, far.seen);
  check_all(back, near.seen);
  near.connection->close(7, "done");
  REQUIRE(pair.run(3min, [&] { return far.connection->ended().has_value(); }));
  // It may be lost, and then the remote is silent.
  const auto& end = *far.connection->ended();
  CHECK((end.remote_code == 7 || end.why.code == errc::peer_silent));
  return pair.events.hash.value();
}

} // namespace

TEST_CASE("whatever a network does to datagrams, streams arrive as they are") {
  // Others by hand: TROUPE_QUIC_SEEDS=first:last.
  auto first = uint64_t{1};
  auto last = seeds;
  if (const auto* wanted = std::getenv("TROUPE_QUIC_SEEDS")) {
    const auto text = std::string{wanted};
    first = std::stoull(text);
    last = std::stoull(text.substr(text.find(':') + 1));
  }
  for (auto seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    const auto hash = play(seed);
    if (seed <= 3)
      CHECK(hash == play(seed));
  }
}

TEST_CASE("a path that takes less than before stops no stream") {
  for (auto late : {false, true}) {
    CAPTURE(late);
    sim_quic_pair pair;
    pair.dial();
    REQUIRE(pair.establish());
    auto& from = *pair.client.connection;
    const auto& seen = pair.server()->seen;
    const auto id = from.open_uni();
    REQUIRE(id);
    auto write = [&](size_t size) {
      from.write({.stream = *id, .body = shared_bytes{bytes(size)}});
    };
    write(100'000);
    REQUIRE(pair.run(10s, [&] {
      auto i = seen.streams.find(*id);
      return i != seen.streams.end() && i->second.data.size() == 100'000
             && from.drained();
    }));
    // It has found out what the path takes, and that changes.
    pair.network.set_default_link(
        {.latency = sim_latency::fixed(10ms), .datagram_size_max = 1250});
    write(100'000);
    // Something else on the connection gets on all the time.
    std::optional<stream_id> small;
    if (late)
      small = from.open_uni();
    auto next = pair.now;
    CHECK(pair.run(10s, [&] {
      if (small && pair.now >= next) {
        from.write({.stream = *small, .body = shared_bytes{bytes(10)}});
        next = pair.now + 100ms;
      }
      return seen.streams.at(*id).data.size() == 200'000;
    }));
  }
}
