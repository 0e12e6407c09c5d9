// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_line.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

/// Without the time.
std::string plain(const event_fields& fields) {
  auto line = as_text({.name = "event", .fields = fields}, {});
  return line.substr(line.find(' ') + 1);
}

nlohmann::json object(const event_fields& fields) {
  return nlohmann::json::parse(
      as_json({.name = "event", .fields = fields}, {}));
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
  auto line = object(
      {{"moniker", long_text}, {"all", {long_text, {{"deep", long_text}}}}});
  CHECK(line.at("event") == "event");
  CHECK(line.at("time") == "1970-01-01T00:00:00.000Z");
  CHECK(line.at("moniker") == expected);
  CHECK(line.at("all")[0] == expected);
  CHECK(line.at("all")[1].at("deep") == expected);
  const std::string just_fits(event_text_max, 'x');
  CHECK(plain({{"moniker", just_fits}}) == "event moniker=" + just_fits);
}

TEST_CASE("a cut does not go through a character, and what is no UTF-8 is no "
          "reason to fail") {
  std::string text(event_text_max - 1, 'x');
  CHECK(object({{"moniker", text + "\xc3\xa9"}}).at("moniker") == text + "...");
  auto line
      = object({{"moniker", "\xff"}, {"other", std::string(999, '\x80')}});
  CHECK(line.at("moniker") == "\xef\xbf\xbd");
  CHECK(line.at("other") == "...");
}

TEST_CASE("JSON is ASCII, whatever a remote has chosen") {
  const auto line
      = as_json({.name = "event", .fields = {{"moniker", "\xc3\xa9"}}}, {});
  CHECK(line.ends_with(R"("moniker":"\u00e9"})"));
}
