// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/property.hpp"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace troupe;

namespace {

class recorder final : public property_watch {
public:
  void met(const property& which, bool holds) override {
    seen.emplace_back(which.text(), holds);
  }

  std::vector<std::pair<std::string, bool>> seen;
};

const property* find(std::string_view text) {
  for (const auto* each : property::all())
    if (each->text() == text)
      return each;
  return nullptr;
}

/// Nobody calls this.
[[maybe_unused]] void unused() {
  reachable<"test: a place where nobody comes">();
}

void meet_all(bool holds) {
  always<"test: holds each time">(holds);
  sometimes<"test: holds now and then">(holds);
  reachable<"test: a place">();
}

} // namespace

SCENARIO("a property is known before anybody comes across it") {
  const auto* place = find("test: a place where nobody comes");
  REQUIRE(place != nullptr);
  CHECK(place->what() == property::kind::reachable);
  const auto* rule = find("test: holds each time");
  REQUIRE(rule != nullptr);
  CHECK(rule->what() == property::kind::always);
}

SCENARIO("properties are numbered without a gap") {
  const auto all = property::all();
  REQUIRE(all.size() >= 4);
  for (size_t i = 0; i < all.size(); ++i)
    CHECK(all[i]->number() == i);
}

SCENARIO("a watch learns what its thread comes across, within a scope") {
  recorder watch;
  meet_all(true);
  CHECK(watch.seen.empty());
  {
    auto scope = property_watch_scope{watch};
    std::thread{[] { meet_all(true); }}.join();
    CHECK(watch.seen.empty());
    meet_all(false);
  }
  meet_all(true);
  CHECK(watch.seen
        == std::vector<std::pair<std::string, bool>>{
            {"test: holds each time", false},
            {"test: holds now and then", false},
            {"test: a place", true}});
}

SCENARIO("the inner one of two scopes counts") {
  recorder outer;
  recorder inner;
  auto scope = property_watch_scope{outer};
  {
    auto nested = property_watch_scope{inner};
    reachable<"test: a place">();
  }
  sometimes<"test: holds now and then">(true);
  CHECK(inner.seen.size() == 1);
  REQUIRE(outer.seen.size() == 1);
  CHECK(outer.seen[0].first == "test: holds now and then");
}
