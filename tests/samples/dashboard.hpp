// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace troupe::test {

/// All queries in a part of the dashboard.
inline void collect_queries(const nlohmann::json& part,
                            std::vector<std::string>& to) {
  for (const auto& [key, value] : part.items()) {
    if (value.is_structured())
      collect_queries(value, to);
    else if (key == "expr" || (key == "query" && value != "prometheus"))
      to.push_back(value.get<std::string>());
  }
}

/// All queries of the dashboard in samples/grafana.
inline std::vector<std::string> dashboard_queries() {
  std::vector<std::string> result;
  collect_queries(nlohmann::json::parse(std::ifstream{TROUPE_DASHBOARD}),
                  result);
  REQUIRE(result.size() > 20);
  return result;
}

} // namespace troupe::test
