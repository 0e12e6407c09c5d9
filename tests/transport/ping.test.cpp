// SPDX-License-Identifier: Apache-2.0
//
// How a connection answers the question whether its remote lives, where it does
// not; what every transport does is part of its conformance.
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

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
