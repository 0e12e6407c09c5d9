// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/handshake_check.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("the libraries of this machine do what each handshake needs") {
  CHECK(to_string(check_handshake()) == "none");
}
