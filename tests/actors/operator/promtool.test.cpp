// SPDX-License-Identifier: Apache-2.0

// What Prometheus' own tool has to say about our metrics, and our questions
// about them.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "../../samples/dashboard.hpp"
#include "counting_network.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Runs a command line of ours. @returns what it says, and its exit status.
std::pair<std::string, int> run(const std::string& line) {
  auto* out = popen((line + " 2>&1").c_str(), "r");
  REQUIRE(out != nullptr);
  std::string said;
  for (int c = 0; (c = std::fgetc(out)) != EOF;)
    said += static_cast<char>(c);
  return {said, pclose(out)};
}

constexpr std::string_view promtool = TROUPE_PROMTOOL;

/// Lets the tool check a text. @param how its arguments; `%` is a file with it.
std::pair<std::string, int> check(std::string how, const std::string& text) {
  const auto path = std::filesystem::temp_directory_path()
                    / ("troupe-metrics-" + std::to_string(getpid()));
  std::ofstream{path} << text;
  how.replace(how.find('%'), 1, "'" + path.string() + "'");
  auto result = run("'" + std::string{promtool} + "' " + how);
  std::filesystem::remove(path);
  return result;
}

/// Whether there is nothing to run. CTest looks for the line.
bool skipped() {
  if (promtool.empty())
    std::puts("skipped: promtool is missing; Debian has it in the package "
              "prometheus");
  return promtool.empty();
}

} // namespace

TEST_CASE("promtool finds nothing wrong with a scrape") {
  if (skipped())
    return;
  counting_network net;
  net.serve();
  net.let_everything_happen();
  const auto text = net.scrape_text();
  net.finish();
  const std::string how = "check metrics < %";
  const auto [said, status] = check(how, text);
  CAPTURE(said);
  CHECK(said.empty());
  CHECK(status == 0);
  // It is a check that can fail.
  CHECK(check(how, text + "cometbft_p2p_peers{ 1\n").second != 0);
  CHECK(check(how, "# TYPE x counter\nx 1\n").second != 0);
}

TEST_CASE("promtool understands the queries of the dashboard") {
  if (skipped())
    return;
  // It checks rules, which are queries with a name.
  auto rules = [](const std::vector<std::string>& queries) {
    std::string text = "groups:\n- name: dashboard\n  rules:\n";
    for (size_t i = 0; i < queries.size(); ++i) {
      // This one is Grafana's own.
      if (queries[i].starts_with("label_values("))
        continue;
      auto query = queries[i];
      for (size_t at; (at = query.find("$__rate_interval")) != query.npos;)
        query.replace(at, 16, "5m");
      text += "  - record: query:" + std::to_string(i)
              + "\n    expr: " + json(query).dump() + "\n";
    }
    return text;
  };
  auto queries = dashboard_queries();
  const auto [said, status] = check("check rules %", rules(queries));
  CAPTURE(said);
  CHECK(status == 0);
  queries.push_back("sum by (");
  CHECK(check("check rules %", rules(queries)).second != 0);
}
