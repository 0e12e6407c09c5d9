// SPDX-License-Identifier: Apache-2.0

// The tables in peerstore/README.md against the tests that they name, and
// against the rows that the reference has.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "troupe/tests/vectors.hpp"

namespace {

namespace fs = std::filesystem;

using strings = std::set<std::string>;

std::string read(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

fs::path tests_folder() {
  return fs::path{troupe::test::data_dir}.parent_path();
}

/// `PM-07` without the letter that the reference adds to some of its rows.
std::string row_name(const std::string& prefix, int number) {
  return fmt::format("{}-{:02}", prefix, number);
}

/// Every row that the reference has.
strings all_rows() {
  const std::pair<std::string, std::vector<std::pair<int, int>>> ranges[] = {
      {"PM", {{1, 15}, {20, 27}, {30, 62}, {70, 80}, {90, 105}, {110, 120}}},
      {"PS", {{1, 12}}},
      {"AD", {{1, 8}}},
      {"EP", {{1, 2}}},
      {"RT", {{1, 28}}},
      {"CT", {{1, 8}}},
      {"QU", {{1, 10}}},
      {"CH", {{1, 5}}},
      {"TR", {{1, 17}}},
      {"MC", {{1, 9}}},
      {"PX", {{1, 14}}},
      {"SW", {{1, 11}}},
      {"TP", {{1, 5}}},
      {"AB", {{1, 12}}},
      {"CP", {{1, 8}}},
      {"T", {{1, 38}, {40, 73}}},
  };
  strings result;
  for (const auto& [prefix, parts] : ranges)
    for (auto [first, last] : parts)
      for (auto i = first; i <= last; ++i)
        result.insert(row_name(prefix, i));
  return result;
}

/// The rows that a text names, one by one or as a range.
strings rows_in(const std::string& text) {
  static const std::regex one{
      R"(\b([A-Z]{1,2})-(\d+)[a-zG]?(?:(?: … | to )\1-(\d+)[a-zG]?)?)"};
  strings result;
  for (auto i = std::sregex_iterator{text.begin(), text.end(), one};
       i != std::sregex_iterator{}; ++i) {
    const auto first = std::stoi((*i)[2]);
    const auto last = (*i)[3].matched ? std::stoi((*i)[3]) : first;
    for (auto number = first; number <= last; ++number)
      result.insert(row_name((*i)[1], number));
  }
  return result;
}

/// The words between backquotes.
strings quoted_in(const std::string& text) {
  static const std::regex word{"`([a-z_/]+)`"};
  strings result;
  for (auto i = std::sregex_iterator{text.begin(), text.end(), word};
       i != std::sregex_iterator{}; ++i)
    result.insert((*i)[1]);
  return result;
}

/// The file of a suite as tables name it; empty if it is none.
fs::path suite(const std::string& name) {
  for (const auto& path :
       {tests_folder() / "peerstore" / name,
        tests_folder() / "peerstore" / ("peer_manager_" + name),
        tests_folder() / name})
    if (fs::exists(path.string() + ".test.cpp"))
      return path.string() + ".test.cpp";
  return {};
}

struct table_line {
  strings rows;
  std::string reason;
};

std::vector<table_line> table() {
  static const std::regex line{R"(\n\| ([A-Z]{1,2}-\d[^|]*) \| ([^|]*) \|)"};
  const auto text
      = read(tests_folder().parent_path() / "peerstore" / "README.md");
  std::vector<table_line> result;
  for (auto i = std::sregex_iterator{text.begin(), text.end(), line};
       i != std::sregex_iterator{}; ++i)
    result.push_back({rows_in((*i)[1]), (*i)[2]});
  return result;
}

/// Whether a line says why there is no test of that name.
bool is_without_test(const std::string& reason) {
  for (const auto* beginning : {"Impossible", "Not ", "Cannot "})
    if (reason.starts_with(beginning))
      return true;
  return false;
}

} // namespace

TEST_CASE("each row of the reference is in a table, and only once") {
  auto missing = all_rows();
  for (const auto& line : table())
    for (const auto& row : line.rows) {
      CAPTURE(row);
      CHECK(missing.erase(row) == 1);
    }
  CHECK(missing == strings{});
}

TEST_CASE("each suite that a table names is there, and names its rows") {
  for (const auto& line : table()) {
    CAPTURE(line.reason);
    strings named;
    for (const auto& name : quoted_in(line.reason)) {
      const auto path = suite(name);
      // Other words between backquotes are names in the code.
      if (name.find('/') != std::string::npos)
        CHECK_MESSAGE(!path.empty(), name);
      if (!path.empty())
        named.merge(rows_in(read(path)));
    }
    if (is_without_test(line.reason))
      continue;
    for (const auto& row : line.rows) {
      CAPTURE(row);
      CHECK(named.count(row) == 1);
    }
  }
}
