// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/event_line.hpp"

#include <doctest/doctest.h>

using namespace troupe::command;

namespace {

/// Without the time.
std::string plain(const event_fields& fields) {
  auto line = event_line(false, "event", fields);
  return line.substr(line.find(' ') + 1);
}

} // namespace

TEST_CASE("text that a remote has chosen stays in its field") {
  CHECK(plain({{"moniker", "node"}}) == "event moniker=node");
  CHECK(plain({{"moniker", "a b"}}) == R"(event moniker="a b")");
  CHECK(plain({{"moniker", "\" peer=x"}}) == R"(event moniker="\" peer=x")");
  CHECK(plain({{"moniker", "a\nb"}}) == R"(event moniker="a\nb")");
  CHECK(plain({{"moniker", ""}}) == R"(event moniker="")");
  CHECK(plain({{"reason", "network \"a\" is not \"b\""}, {"rtt_us", 5}})
        == R"(event reason="network \"a\" is not \"b\"" rtt_us=5)");
}

TEST_CASE("long text is cut, as JSON and as a line") {
  const std::string long_text(9'900, 'x');
  const auto expected = std::string(event_text_max, 'x') + "...";
  CHECK(plain({{"moniker", long_text}}) == "event moniker=" + expected);
  auto object = nlohmann::json::parse(event_line(
      true, "event",
      {{"moniker", long_text}, {"all", {long_text, {{"deep", long_text}}}}}));
  CHECK(object.at("event") == "event");
  CHECK(object.at("moniker") == expected);
  CHECK(object.at("all")[0] == expected);
  CHECK(object.at("all")[1].at("deep") == expected);
  const std::string just_fits(event_text_max, 'x');
  CHECK(plain({{"moniker", just_fits}}) == "event moniker=" + just_fits);
}

TEST_CASE("a cut does not go through a character, and what is no UTF-8 is no "
          "reason to fail") {
  std::string text(event_text_max - 1, 'x');
  auto object = nlohmann::json::parse(
      event_line(true, "event", {{"moniker", text + "\xc3\xa9"}}));
  CHECK(object.at("moniker") == text + "...");
  object = nlohmann::json::parse(
      event_line(true, "event",
                 {{"moniker", "\xff"}, {"other", std::string(999, '\x80')}}));
  CHECK(object.at("moniker") == "\xef\xbf\xbd");
  CHECK(object.at("other") == "...");
}
