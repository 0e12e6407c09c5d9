// SPDX-License-Identifier: Apache-2.0
//
// QUIC does what all transports do.
#include "quic_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE_TEMPLATE("QUIC passes all checks of conformance", Kind,
                   quic_over_ipv4, quic_over_ipv6) {
  for (const auto& check : testing::transport_checks()) {
    const auto name = std::string{check.name};
    CAPTURE(name);
    subject_of<Kind> subject;
    CHECK_NOTHROW(check.run(subject));
  }
}
