// SPDX-License-Identifier: Apache-2.0
//
// The handshake of simulations: it proves who somebody is, and fails where that
// of TLS would.
#include <utility>

#include "troupe/tests/harness/quic/sim_quic_pair.test.hpp"
#include "troupe/transport/verify_peer.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testing;

namespace {

constexpr auto no_limit = 60s;

quic_tls::judge only(const node_id& expected) {
  return [expected](const certified_node& who) {
    return verify_identity(quic_key(1).id(), who.id, expected);
  };
}

/// Lets both ends end. @returns why the client's did.
failure end_of_client(sim_quic_pair& pair) {
  REQUIRE(pair.run(
      no_limit, [&] { return pair.client.connection->ended().has_value(); }));
  CHECK(pair.server() == nullptr);
  return pair.client.connection->ended()->why;
}

} // namespace

TEST_CASE("both ends prove who they are, and agree on a protocol") {
  sim_quic_pair pair;
  pair.client_identity = pair.identity_of(1, {"other", "second", "troupe/1"});
  pair.server_identity = pair.identity_of(2, {"troupe/1", "second"});
  std::optional<certified_node> judged;
  pair.server_decides = [&](const certified_node& who) {
    judged = who;
    return failure{};
  };
  pair.dial(only(quic_key(2).id()));
  REQUIRE(pair.establish());
  const auto& near = pair.client.connection->tls();
  const auto& far = pair.server()->connection->tls();
  CHECK(near.remote()->id == quic_key(2).id());
  CHECK(near.remote()->key == quic_key(2).public_key());
  CHECK(far.remote()->id == quic_key(1).id());
  REQUIRE(judged);
  CHECK(judged->id == quic_key(1).id());
  CHECK(near.protocol() == "troupe/1");
  CHECK(far.protocol() == "troupe/1");
  CHECK(near.refusal().code == errc::none);
}

TEST_CASE("whoever is somebody else than the one who was dialed is refused") {
  sim_quic_pair pair;
  pair.dial(only(quic_key(3).id()));
  CHECK(end_of_client(pair).code == errc::unexpected_peer);
  // It is known all the same.
  CHECK(pair.client.connection->tls().remote()->id == quic_key(2).id());
}

TEST_CASE("a server refuses whom it does not want") {
  sim_quic_pair pair;
  pair.server_decides = [](const certified_node&) {
    return failure{errc::filtered, "not you"};
  };
  pair.dial();
  CHECK(end_of_client(pair).code == errc::connection_closed);
  CHECK_FALSE(pair.first_server().seen.established);
  CHECK(pair.first_server().connection->ended()->why.code == errc::filtered);
}

TEST_CASE("whoever names a key that he does not hold is refused") {
  sim_quic_pair pair;
  auto claimed = quic_key(3).public_key();
  SUBCASE("a server") {
    pair.server_identity
        = make_sim_impostor(quic_key(2), claimed, {"troupe/1"}, pair.random);
    pair.dial(only(quic_key(3).id()));
    CHECK(end_of_client(pair).code == errc::invalid_signature);
    CHECK_FALSE(pair.client.connection->tls().remote());
  }
  SUBCASE("a client") {
    pair.client_identity
        = make_sim_impostor(quic_key(1), claimed, {"troupe/1"}, pair.random);
    pair.dial();
    CHECK(end_of_client(pair).code == errc::connection_closed);
    const auto& far = *pair.first_server().connection;
    CHECK(far.ended()->why.code == errc::invalid_signature);
    CHECK_FALSE(far.tls().remote());
  }
  SUBCASE("a key under which anybody can sign") {
    claimed.fill(std::byte{0});
    claimed[0] = std::byte{1};
    pair.server_identity
        = make_sim_impostor(quic_key(2), claimed, {"troupe/1"}, pair.random);
    pair.dial();
    CHECK(end_of_client(pair).code == errc::low_order_point);
  }
}

TEST_CASE("without a protocol in common there is no connection") {
  sim_quic_pair pair;
  pair.client_identity = pair.identity_of(1, {"other"});
  pair.dial();
  end_of_client(pair);
  CHECK_FALSE(pair.first_server().connection->established());
}

TEST_CASE("keys are replaced, and nobody notices") {
  sim_quic_pair pair;
  pair.dial();
  REQUIRE(pair.establish());
  // More packets than a key is good for, some times over.
  const auto data = bytes(size_t{20} * 1024 * 1024);
  const auto id = pair.client.connection->open_uni();
  REQUIRE(id);
  pair.client.connection->write(
      {.stream = *id, .body = shared_bytes{data}, .fin = true});
  REQUIRE(
      pair.run(10min, [&] { return pair.server()->seen.streams[*id].fin; }));
  CHECK(pair.server()->seen.streams[*id].data.size() == data.size());
  CHECK_FALSE(pair.client.connection->ended());
}

TEST_CASE("a client that has to show where it is comes back with a token") {
  sim_quic_pair pair;
  pair.door.set_crowded(true);
  pair.dial(only(quic_key(2).id()));
  REQUIRE(pair.establish());
  CHECK(pair.door.unvalidated() == 0);
}

TEST_CASE("whoever is turned away learns that") {
  sim_quic_pair pair;
  pair.door.set_mode(quic_door::mode::closed);
  pair.dial();
  CHECK(end_of_client(pair).code == errc::connection_refused);
}

TEST_CASE("a handshake is a function of the seed") {
  auto play = [](uint64_t seed, bool crowded) {
    sim_quic_pair pair{seed, {.lose_per_mille = 100, .late_per_mille = 100}};
    pair.door.set_crowded(crowded);
    pair.dial();
    REQUIRE(pair.establish());
    return pair.events.hash.value();
  };
  for (auto crowded : {false, true}) {
    CHECK(play(1, crowded) == play(1, crowded));
    CHECK(play(1, crowded) != play(2, crowded));
  }
}
