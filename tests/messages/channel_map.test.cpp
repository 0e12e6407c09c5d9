// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/channel_map.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("what there is for channels is found by their numbers, and in their "
          "order") {
  channel_map<std::string> uut;
  CHECK(uut.find(1) == uut.end());
  CHECK_THROWS_AS(static_cast<void>(uut.at(1)), std::out_of_range);
  uut.reserve(3);
  uut.emplace(0xff, "last");
  uut.emplace(0, "first");
  uut.emplace(7, "second");
  uut.emplace(7, "not taken");
  CHECK(uut.size() == 3);
  CHECK(uut.at(7) == "second");
  CHECK(uut.find(8) == uut.end());
  CHECK(uut.find(0xff)->second == "last");
  uut.at(0) += "!";
  std::string all;
  for (const auto& [id, text] : std::as_const(uut))
    all += text + " ";
  CHECK(all == "first! second last ");
}

TEST_CASE(
    "of what is idle, one stays, for whoever uses one channel at a time") {
  channel_map<std::string> uut;
  auto trim = [&uut] {
    uut.trim([](const std::string& text) { return text.empty(); });
  };
  trim();
  CHECK(uut.size() == 0);
  uut.emplace(7, "");
  trim();
  CHECK(uut.size() == 1);
  uut.emplace(8, "busy");
  uut.emplace(6, "");
  uut.emplace(9, "busy");
  trim();
  CHECK(uut.size() == 2);
  CHECK(uut.at(8) == "busy");
  CHECK(uut.at(9) == "busy");
  uut.at(8).clear();
  uut.at(9).clear();
  trim();
  CHECK(uut.size() == 1);
}
