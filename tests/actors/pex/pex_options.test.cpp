// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex_options.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("what is chosen by default makes sense") {
  CHECK(validate(pex_options{}).code == errc::none);
}

TEST_CASE("an option that makes no sense is named") {
  pex_options options;
  std::string name;
  SUBCASE("") {
    options.asking.peer_pause = 0s;
    name = "asking.peer_pause";
  }
  SUBCASE("") {
    options.asking.max_interval = 100ms;
    name = "asking.max_interval";
  }
  SUBCASE("") {
    options.asking.full_at = 1.5;
    name = "asking.full_at";
  }
  SUBCASE("") {
    options.requests.answers.burst = 0;
    name = "requests.answers";
  }
  SUBCASE("") {
    options.visits.stay = -1s;
    name = "visits.stay";
  }
  const auto bad = validate(options);
  CHECK(bad.code == errc::invalid_option);
  CHECK(bad.context.starts_with(name + ": expected "));
}
