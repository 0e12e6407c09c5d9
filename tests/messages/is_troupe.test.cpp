// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/is_troupe.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("a node of ours is known by the version that it says it has") {
  for (auto version : {"troupe", "troupe-0.1.0", "troupe-1", "troupe.next"}) {
    CAPTURE(version);
    CHECK(is_troupe(version));
  }
  for (auto version : {"", "troupes", "troupes-1", "Troupe-1", "0.38.17",
                       "v-troupe", " troupe"}) {
    CAPTURE(version);
    CHECK_FALSE(is_troupe(version));
  }
}

TEST_CASE("a release has its own versions, and not those of another one that "
          "begins like it") {
  CHECK(is_release("0.35", "0.35"));
  CHECK(is_release("0.35.9", "0.35"));
  CHECK(is_release("0.35-dev", "0.35"));
  CHECK_FALSE(is_release("0.350", "0.35"));
  CHECK_FALSE(is_release("0.3", "0.35"));
}
