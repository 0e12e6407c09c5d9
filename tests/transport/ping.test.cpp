// SPDX-License-Identifier: Apache-2.0
//
// How a connection answers the question whether its remote lives.
#include "troupe/tests/transport/transport_kinds.hpp"
#include "troupe/transport/handshake_error.hpp"

using namespace troupe;
using namespace troupe::test;

#define KINDS TROUPE_TRANSPORT_KINDS
#define SIMULATED_KINDS \
  troupe::test::sim_streams, troupe::test::sim_messages, \
      troupe::test::sim_messages_by_id

namespace {

/// Nothing gets through any more.
template <class Kind>
void cut(two_nodes<Kind>& world) {
  auto host
      = [&world](const node_end& x) { return world.kind.hosts.at(x.key.id()); };
  CHECK(world.kind.network->forget_all(host(world.a), host(world.b),
                                       world.sys.clock().now())
        == 1);
}

} // namespace

TEST_CASE_TEMPLATE("a remote that lives gives a sign of it, idle or not", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  for (auto* end : {pair.near.get(), pair.far.get()})
    for (int i = 0; i < 3; ++i)
      CHECK_FALSE(end->outcome_of(caf::ping_atom_v));
  pair.round_trip();
  // It is no message, and costs nothing.
  CHECK(pair.near->inbox.empty());
  CHECK(pair.near->sent() == message_cost(1000));
}

TEST_CASE_TEMPLATE("there is no sign of life to ask for before the start", Kind,
                   KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  CHECK(code_of(pair.near->outcome_of(caf::ping_atom_v))
        == errc::invalid_state);
}

TEST_CASE_TEMPLATE("nobody hears from a remote that was cut off", Kind,
                   SIMULATED_KINDS) {
  two_nodes<Kind> world;
  auto pair = world.established();
  cut(world);
  CHECK(pair.near->outcome_of(caf::ping_atom_v) == caf::sec::request_timeout);
  // Questions that wait are bounded.
  auto last = errc::none;
  patient_actor asker{world.sys};
  for (int i = 0; i < 100; ++i)
    asker->request(pair.near->handle(), 1ms, caf::ping_atom_v)
        .receive([] { FAIL("nobody is there"); },
                 [&](const caf::error& e) { last = code_of(e); });
  CHECK(last == errc::queue_full);
}

TEST_CASE("while we do not read, a remote is not blamed for its silence") {
  two_nodes<sim_streams> world;
  auto pair = world.established();
  for (size_t i = 0; i < 7; ++i)
    pair.far->post(bulk, patterned(100'000, i));
  while (pair.near->received() < connection_read_window)
    REQUIRE(pair.near->wait());
  cut(world);
  CHECK_FALSE(pair.near->outcome_of(caf::ping_atom_v));
}

TEST_CASE_TEMPLATE("a handshake that fails says with whom, if that was proven",
                   Kind, KINDS) {
  two_nodes<Kind> world;
  auto pair = world.connected();
  auto info = world.a.info;
  info.network = "othernet";
  auto near = pair.near->ask_handshake(info, world.b.key.id());
  auto far = pair.far->ask_handshake(world.b.info);
  far.receive([](const handshake_result&) { FAIL("not refused"); },
              [&](const caf::error& e) {
                CHECK(code_of(e) == errc::wrong_network);
                CHECK(proven_id(e) == world.a.key.id());
              });
  near.receive([](const handshake_result&) {}, [](const caf::error&) {});
  // Who says nothing has proven nothing.
  auto silent = world.connected();
  silent.far->ask_handshake(world.b.info, {}, 200ms)
      .receive([](const handshake_result&) { FAIL("nobody was there"); },
               [](const caf::error& e) { CHECK_FALSE(proven_id(e)); });
}
