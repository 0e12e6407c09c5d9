// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/culprit.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("whose doing the end of a connection is, for every code") {
  size_t remote = 0;
  size_t nobody = 0;
  auto code = errc::none;
  for (uint8_t value = 0; from_integer(value, code); ++value) {
    CAPTURE(to_string(code));
    auto whose = culprit_of(code);
    remote += whose == culprit::remote ? 1 : 0;
    nobody += whose == culprit::nobody ? 1 : 0;
    // What is not a remote's doing costs it no points.
    CHECK(behaviour_behind(code).has_value() == (whose == culprit::remote));
  }
  CHECK(remote > 10);
  CHECK(nobody > 5);
}

TEST_CASE("bytes that no correct node sends are the fault of the remote") {
  for (auto code : {errc::malformed_packet, errc::oversized_packet,
                    errc::oversized_message, errc::undecryptable_frame,
                    errc::unknown_channel, errc::malformed_message})
    CHECK(behaviour_behind(code) == peer_behaviour::bad_message);
}

TEST_CASE("timeouts, decisions and errors of our own are no remote's fault") {
  for (auto code :
       {errc::timeout, errc::peer_silent, errc::connection_closed,
        errc::stalled_message, errc::wrong_network, errc::no_common_channel})
    CHECK(culprit_of(code) == culprit::nobody);
  for (auto code :
       {errc::shutting_down, errc::queue_full, errc::invalid_state,
        errc::nonce_exhausted, errc::over_budget, errc::hung_up,
        errc::by_operator, errc::already_connected, errc::channels_changed,
        errc::node_lost, errc::broken_cryptography})
    CHECK(culprit_of(code) == culprit::us);
}
