// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/property_tally.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace troupe;
using namespace troupe::testing;

namespace {

/// Nobody calls this: what it names is known all the same.
[[maybe_unused]] void places() {
  reachable<"tally: often">();
  reachable<"tally: once">();
  sometimes<"tally: not at all">(false);
  always<"tally: always">(true);
  reachable<"troupe: of the framework, in the test of the tally">();
}

const property& find(std::string_view text) {
  const auto all = property::all();
  return **std::find_if(all.begin(), all.end(),
                        [&](const auto* x) { return x->text() == text; });
}

bool has(const std::vector<std::string_view>& names, std::string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

} // namespace

SCENARIO("a run counts once for what it came across more often") {
  property_tally run;
  run.add(find("tally: often"));
  run.add(find("tally: often"));
  property_tally all;
  all.add_run(run);
  all.add_run(run);
  all.add_run({});
  CHECK(all.times(find("tally: often")) == 2);
  CHECK(all.times(find("tally: once")) == 0);
}

SCENARIO("what never happened is listed, and what always has to hold is not") {
  property_tally all;
  all.add(find("tally: often"));
  const auto never = all.never();
  CHECK_FALSE(has(never, "tally: often"));
  CHECK(has(never, "tally: once"));
  CHECK(has(never, "tally: not at all"));
  CHECK_FALSE(has(never, "tally: always"));
}

SCENARIO("the framework's own are listed for those who want them") {
  const auto name = "troupe: of the framework, in the test of the tally";
  CHECK_FALSE(has(property_tally{}.never(), name));
  CHECK(has(property_tally{}.never(property_tally::troupe_prefix), name));
}

SCENARIO("a report has the rarest first") {
  property_tally all;
  for (int i = 0; i < 7; ++i)
    all.add(find("tally: often"));
  all.add(find("tally: once"));
  const auto text = all.report(7);
  const auto never = text.find("       never  tally: not at all\n");
  const auto once = text.find("    1 of   7  tally: once\n");
  const auto often = text.find("    7 of   7  tally: often\n");
  REQUIRE(never != std::string::npos);
  REQUIRE(once != std::string::npos);
  REQUIRE(often != std::string::npos);
  CHECK(never < once);
  CHECK(once < often);
}
