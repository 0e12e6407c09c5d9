// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

SCENARIO("a demo ends well when everybody has met everybody") {
  GIVEN("that a program reads it") {
    child demo{
        troupe_command({"demo", "--nodes", "3", "--seconds", "1", "--json"})};
    // Node 0 is the only one that the others know.
    for (auto met = demo.event("met"); met.at("peer") == 0;
         met = demo.event("met"))
      CHECK(met.at("node") != 0);
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
    CHECK(demo.output.find("meets node 0\n") != std::string::npos);
    CHECK(demo.output.find("hears of ") != std::string::npos);
    CHECK(demo.output.find("full mesh") != std::string::npos);
    CHECK(demo.output.find("no answer") == std::string::npos);
    // That a program reads what is for humans.
    CHECK(demo.output.find('\x1b') == std::string::npos);
  }
  GIVEN("that a human reads it who wants colours everywhere") {
    setenv("CLICOLOR_FORCE", "1", 1);
    auto demo = finished{{"demo", "--nodes=2", "--seconds=1"}};
    setenv("NO_COLOR", "1", 1);
    auto plain = finished{{"demo", "--nodes=2", "--seconds=1"}};
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR_FORCE");
    CHECK(demo.output.find("\x1b[32mfull mesh\x1b[0m") != std::string::npos);
    CHECK(plain.output.find('\x1b') == std::string::npos);
  }
}

#ifdef TROUPE_HAVE_QUIC

SCENARIO("a demo over QUIC ends well when everybody has met everybody") {
  child demo{troupe_command({"demo", "--nodes", "4", "--seconds", "1",
                             "--transport", "quic", "--json"})};
  // Whoever hears of the others hears of QUIC, too.
  for (int i = 0; i < 4; ++i)
    CHECK(demo.event("node").at("address").get<std::string>().starts_with(
        "quic://"));
  CHECK(demo.event("mesh").at("connections") == 6);
  for (int i = 0; i < 12; ++i) {
    auto pair = demo.event("pair");
    CHECK(pair.at("connected") == true);
    CHECK(pair.at("round_trips") > 0);
  }
  auto result = demo.event("result");
  CHECK(result.at("mesh") == true);
  CHECK(result.at("bytes") > 0);
  CHECK(demo.wait() == 0);
  CHECK(demo.errors() == "");
}

#endif

SCENARIO("a demo of many nodes ends well when each has the peers that it "
         "wants") {
  child demo{
      troupe_command({"demo", "--nodes", "31", "--seconds", "1", "--json"})};
  auto graph = demo.event("graph");
  CHECK(graph.at("degree_min") >= 8);
  CHECK(graph.at("connections") >= 31 * 8 / 2);
  CHECK(graph.at("connections") < 31 * 30 / 2);
  auto result = demo.event("result");
  CHECK(result.at("graph") == true);
  CHECK(demo.wait() == 0);
  CHECK(demo.errors() == "");
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
