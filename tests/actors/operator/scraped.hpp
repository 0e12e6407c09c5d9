// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace troupe::test {

/// A value in Prometheus' text, with the labels before it.
struct scraped_sample {
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// All that Prometheus' text says about a name.
struct scraped_family {
  std::string type;
  std::string help;
  std::vector<scraped_sample> samples;

  /// Adds up the values with these labels, whatever others they have.
  [[nodiscard]] double sum(const std::map<std::string, std::string>& labels
                           = {}) const {
    double result = 0;
    for (const auto& sample : samples)
      if (std::includes(sample.labels.begin(), sample.labels.end(),
                        labels.begin(), labels.end()))
        result += sample.value;
    return result;
  }

  /// All values of a label.
  [[nodiscard]] std::set<std::string> values(const std::string& label) const {
    std::set<std::string> result;
    for (const auto& sample : samples)
      if (auto i = sample.labels.find(label); i != sample.labels.end())
        result.insert(i->second);
    return result;
  }
};

using scraped_metrics = std::map<std::string, scraped_family>;

/// Reads a line `name{label="value",...} number`. Values with escapes in them
/// are left to the tests of whoever writes them.
inline scraped_sample parse_sample(const std::string& line, std::string& name) {
  scraped_sample result;
  auto at = line.find_first_of("{ ");
  REQUIRE_MESSAGE(at != std::string::npos, line);
  name = line.substr(0, at);
  if (line[at] == '{') {
    for (++at; line.at(at - 1) != '}';) {
      const auto equals = line.find("=\"", at);
      const auto end = line.find('"', equals + 2);
      REQUIRE_MESSAGE(end != std::string::npos, line);
      const auto label = line.substr(at, equals - at);
      const auto value = line.substr(equals + 2, end - equals - 2);
      CHECK_MESSAGE(result.labels.emplace(label, value).second, line);
      at = end + 2;
    }
  }
  // A second number would be a time.
  const auto number = line.substr(at + 1);
  size_t used = 0;
  result.value = std::stod(number, &used);
  CHECK_MESSAGE(used == number.size(), line);
  return result;
}

/// Reads Prometheus' text, and checks that it is in order: each family once,
/// with help and type before its values, and no value twice. Of a histogram,
/// `_bucket`, `_sum` and `_count` count as families.
inline scraped_metrics parse_metrics(const std::string& text) {
  scraped_metrics result;
  std::set<std::string> begun;
  std::set<std::string> seen;
  std::string current;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string hash, what, name;
    if (line.starts_with("# HELP ")) {
      words >> hash >> what >> current >> std::ws;
      CHECK_MESSAGE(begun.insert(current).second, line);
      std::getline(words, result[current].help);
    } else if (line.starts_with("# TYPE ")) {
      words >> hash >> what >> name;
      CHECK_MESSAGE(name == current, line);
      words >> result[current].type;
    } else {
      const auto sample = parse_sample(line, name);
      CHECK_MESSAGE(name.starts_with(current), line);
      CHECK_MESSAGE(seen.insert(line.substr(0, line.rfind(' '))).second, line);
      if (name != current)
        result[name].type = result[current].type;
      result[name].samples.push_back(sample);
    }
  }
  return result;
}

} // namespace troupe::test
