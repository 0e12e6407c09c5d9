// SPDX-License-Identifier: Apache-2.0
//
// All of our transports do what transports do.
#include "troupe/messages/as_result.hpp"
#include "troupe/tests/transport/transport_kinds.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE_TEMPLATE("a transport passes all checks of conformance", Kind,
                   TROUPE_TRANSPORT_KINDS) {
  for (const auto& check : testing::transport_checks()) {
    const auto name = std::string{check.name};
    CAPTURE(name);
    subject_of<Kind> subject;
    CHECK_NOTHROW(check.run(subject));
  }
}

TEST_CASE("who was dialed as somebody else learns what may have happened") {
  two_nodes<sim_streams> world;
  auto pair = world.connected();
  auto near = pair.near->ask_handshake(world.a.info, key_of(3).id());
  auto far = pair.far->ask_handshake(world.b.info);
  near.receive(
      [](const handshake_result&) { FAIL("mistaken"); },
      [](const caf::error& e) { CHECK(code_of(e) == errc::unexpected_peer); });
  far.receive([](const handshake_result&) { FAIL("finished"); },
              [](const caf::error& e) {
                CHECK(code_of(e) == errc::connection_closed);
                CHECK(text_of(e).find("once it knew who we are")
                      != std::string::npos);
              });
}
