// SPDX-License-Identifier: Apache-2.0

// The dashboard in samples/grafana asks for what there is.

#include <regex>

#include "../actors/operator/counting_network.hpp"
#include "dashboard.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::vector<std::smatch> matches(const std::string& text,
                                 const std::regex& what) {
  return {std::sregex_iterator{text.begin(), text.end(), what}, {}};
}

} // namespace

TEST_CASE("every metric of the dashboard, and every label that it chooses by, "
          "is in a scrape") {
  counting_network net;
  net.serve();
  net.let_everything_happen();
  const auto all = net.scrape();
  net.finish();
  size_t found = 0;
  for (const auto& query : dashboard_queries()) {
    CAPTURE(query);
    // A name, with or without a selector of labels.
    const std::regex name{R"(\b((?:cometbft|caf)_\w+)(?:\{([^}]*)\})?)"};
    const auto names = matches(query, name);
    REQUIRE_FALSE(names.empty());
    for (const auto& one : names) {
      REQUIRE(all.count(one[1]) == 1);
      const auto& samples = all.at(one[1]).samples;
      REQUIRE_FALSE(samples.empty());
      const auto& labels = samples.front().labels;
      const auto selector = one[2].str();
      for (const auto& label : matches(selector, std::regex{R"((\w+)=)"}))
        CHECK(labels.count(label[1]) == 1);
      for (const auto& by : matches(query, std::regex{R"(by \(([^)]*)\))"})) {
        const auto list = by[1].str();
        for (const auto& label : matches(list, std::regex{R"(\w+)"}))
          // Prometheus adds that one.
          CHECK((label[0] == "instance" || labels.count(label[0]) == 1));
      }
      ++found;
    }
  }
  CHECK(found > 20);
}
