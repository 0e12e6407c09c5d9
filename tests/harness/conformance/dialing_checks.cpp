// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/conformance/checks.hpp"

namespace troupe::testing::conformance {

namespace {

void closing_ends_accepts(node_pair& world) {
  auto waiting = world.b.accept();
  world.b.close();
  claim_code(waiting.error(), errc::shutting_down, "an accept that waits");
  claim_code(world.b.accept().error(), errc::shutting_down, "a later accept");
  world.b.close();
  claim_code(world.b.accept().error(), errc::shutting_down,
             "an accept after a second close");
}

void an_accept_without_listening_fails(node_pair& world) {
  claim_code(world.a.accept().error(), errc::invalid_state,
             "an accept of a transport that never listened");
}

void a_place_is_listened_at_once(node_pair& world) {
  claim(!world.b.listen(world.address), "that it does not listen there twice");
  const auto code = code_of(world.b.error);
  claim(code == errc::invalid_state || code == errc::cannot_listen,
        "invalid_state or cannot_listen of listening there twice");
  world.established().round_trip();
}

void a_transport_can_dial_itself(node_pair& world) {
  auto pair = connect(world.b, world.b, world.address);
  // That it is nobody else comes out as soon as they introduce themselves.
  auto near = pair.near->ask_handshake(world.b.info);
  auto far = pair.far->ask_handshake(world.b.info);
  auto check = [](const caf::error& e) {
    // The other end may have hung up first.
    claim(code_of(e) == errc::self_connection
              || code_of(e) == errc::connection_closed,
          "self_connection or connection_closed of a handshake with itself");
  };
  auto fail = [](const handshake_result&) {
    throw conformance_failure{"a handshake with itself succeeds"};
  };
  near.receive(fail, check);
  far.receive(fail, check);
}

void other_protocols_are_refused(node_pair& world) {
  claim_code(world.a.dial({}).error(), errc::unsupported_protocol,
             "dialing nothing");
  auto nameless = world.address;
  nameless.protocol.clear();
  claim_code(world.a.dial(nameless).error(), errc::unsupported_protocol,
             "dialing an endpoint without protocol");
  auto foreign = world.address;
  foreign.protocol = "foo";
  claim_code(world.a.dial(foreign).error(), errc::unsupported_protocol,
             "dialing an endpoint of another protocol");
  claim(!world.a.listen(foreign), "that it does not listen at it");
  claim_code(world.a.error, errc::unsupported_protocol,
             "listening at an endpoint of another protocol");
}

void a_closed_transport_is_not_reached(node_pair& world) {
  world.b.close();
  claim_code(world.a.dial(world.address).error(), errc::connection_refused,
             "dialing a closed transport");
}

void a_closed_transport_dials(node_pair& world) {
  claim(world.a.listen(world.subject.where(world.a.key.id())).has_value(),
        "that the other node can listen as well");
  world.a.close();
  world.established().round_trip();
}

void endpoints_end_with_the_transport(node_pair& world) {
  claim(world.a.endpoints().empty(), "no endpoints before it listens");
  claim(world.a.listen(world.subject.where(world.a.key.id())).has_value(),
        "that the other node can listen as well");
  auto ours = world.a.endpoints();
  auto theirs = world.b.endpoints();
  claim(ours.size() == 1 && theirs.size() == 1, "one endpoint each");
  claim(validate(ours[0]).code == errc::none, "a valid endpoint");
  claim(theirs[0] == world.address, "the endpoint that listening answered");
  claim(ours[0] != theirs[0], "endpoints of one's own");
  world.a.close();
  claim(world.a.endpoints().empty(), "no endpoints once it is closed");
  claim(world.b.endpoints() == theirs, "those of the other one as before");
}

void endpoints_have_its_protocol(node_pair& world) {
  claim(world.subject.speaks(world.address.protocol),
        "an endpoint of a protocol that it speaks");
}

void ends_agree_where_they_are(node_pair& world) {
  auto pair = world.connected();
  auto near = pair.near->ends();
  auto far = pair.far->ends();
  claim(near.local == far.remote, "that who was dialed knows who dialed");
  claim(near.remote == far.local, "that who dialed knows whom");
  claim(near.remote == world.address, "the endpoint that was dialed");
  claim(validate(near.local).code == errc::none, "a valid endpoint");
}

} // namespace

std::vector<transport_check> dialing_checks() {
  return {
      on_two_nodes("closing ends an accept that waits, and later ones",
                   closing_ends_accepts),
      on_two_nodes("an accept fails if the transport never listened",
                   an_accept_without_listening_fails),
      on_two_nodes("nobody listens twice at a place",
                   a_place_is_listened_at_once),
      on_two_nodes("a transport can dial itself", a_transport_can_dial_itself),
      on_two_nodes("an endpoint of no or another protocol is neither dialed "
                   "nor listened at",
                   other_protocols_are_refused),
      on_two_nodes("dialing a closed transport fails",
                   a_closed_transport_is_not_reached),
      on_two_nodes("a closed transport still dials", a_closed_transport_dials),
      on_two_nodes("endpoints are valid, of their own, and end with the "
                   "transport",
                   endpoints_end_with_the_transport),
      on_two_nodes("an endpoint's protocol is one the transport speaks",
                   endpoints_have_its_protocol),
      on_two_nodes("each side's local endpoint is the other's remote",
                   ends_agree_where_they_are),
  };
}

} // namespace troupe::testing::conformance
