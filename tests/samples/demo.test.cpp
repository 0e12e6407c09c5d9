// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

SCENARIO("a demo ends well when everybody has met everybody") {
  GIVEN("that a program reads it") {
    child demo{
        troupe_command({"demo", "--nodes", "3", "--seconds", "1", "--json"})};
    CHECK(demo.event("mesh").at("connections") == 3);
    for (int i = 0; i < 6; ++i) {
      auto pair = demo.event("pair");
      CHECK(pair.at("connected") == true);
      CHECK(pair.at("round_trips") > 0);
      CHECK(pair.at("rtt_min_us") <= pair.at("rtt_median_us"));
      CHECK(pair.at("rtt_median_us") <= pair.at("rtt_max_us"));
    }
    auto result = demo.event("result");
    CHECK(result.at("mesh") == true);
    CHECK(result.at("bytes") > 0);
    CHECK(demo.wait() == 0);
    CHECK(demo.errors() == "");
  }
  GIVEN("that a human reads it") {
    auto demo = finished{{"demo", "--nodes=4", "--seconds=1"}};
    CHECK(demo.status == 0);
    CHECK(demo.errors == "");
    CHECK(demo.output.find("full mesh") != std::string::npos);
    CHECK(demo.output.find("no answer") == std::string::npos);
  }
}

SCENARIO("two echo samples answer each other") {
  // The sample prints as it likes; line by line is for our sake.
  child first{{"stdbuf", "-oL", TROUPE_ECHO_SAMPLE}};
  auto address = first.line();
  child second{{"stdbuf", "-oL", TROUPE_ECHO_SAMPLE, address}};
  auto pongs = [](child& sample) {
    for (auto line = sample.line(); !line.empty(); line = sample.line())
      if (line == "pong: hello")
        return true;
    return false;
  };
  CHECK(pongs(first));
  CHECK(pongs(second));
}
