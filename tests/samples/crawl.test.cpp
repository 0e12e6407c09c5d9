// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json_schema.hpp"
#include "nodes.hpp"

using namespace troupe::test;

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// An ID that nobody has.
const std::string nobody = std::string(39, '0') + "1";

words crawl_words(const std::string& seeds, const words& more = {}) {
  words result{"crawl", "--network", "test-net", "--seeds", seeds};
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

/// Reads a file that has to be a whole document.
json read_crawl(const std::string& file) {
  auto result = json::parse(read_file(file));
  const auto schema = json::parse(read_file(TROUPE_CRAWL_SCHEMA));
  const auto problems = schema_problems(schema, result);
  CHECK_MESSAGE(problems.empty(),
                (problems.empty() ? std::string{} : problems.front()));
  return result;
}

std::vector<std::string> entries_in(const fs::path& folder) {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator{folder})
    result.push_back(entry.path().filename());
  return result;
}

/// The environment of programs that a test starts.
struct environment {
  environment(const char* variable, const std::string& value) : name(variable) {
    setenv(name, value.c_str(), 1);
  }

  environment(const environment&) = delete;

  environment& operator=(const environment&) = delete;

  ~environment() {
    unsetenv(name);
  }

  const char* name;
};

/// A node that takes questions, and never answers any.
struct quiet_node {
  explicit quiet_node(const std::string& moniker = "quiet") {
    auto made = finished{{"init", "--home", home, "--network", "test-net",
                          "--moniker", moniker}};
    REQUIRE_MESSAGE(made.status == 0, made.errors);
    process.emplace(home, silent_about_peers());
  }

  scratch_folder folder;
  std::string home = folder / "quiet";
  std::optional<node_process> process;
};

/// Nodes of which each knows the next one only.
struct ring_of_nodes {
  explicit ring_of_nodes(size_t count) {
    // Ports are known only once a node listens: the last one is started first,
    // and the first one is told of by nobody but who joins it.
    std::string next;
    for (size_t i = 0; i < count; ++i) {
      const auto home = folder / fmt::format("node-{}", i);
      make_home(home);
      words options;
      if (!next.empty())
        options = {"--bootstrap-peers", next};
      nodes.push_back(std::make_unique<node_process>(home, options));
      next = nodes.back()->address;
    }
  }

  scratch_folder folder;
  std::vector<std::unique_ptr<node_process>> nodes;
};

} // namespace

TEST_CASE(
    "  Scenario: what makes no sense is refused by name, before anything is "
    "dialed") {
  scratch_folder folder;
  const auto seed = nobody + "@127.0.0.1:1";
  const std::vector<std::pair<words, std::string>> bad{
      {{"crawl"}, "--network"},
      {{"crawl", "--network", "n"}, "--seeds"},
      {{"crawl", "--network", "n", "--seeds", ","}, "--seeds"},
      {{"crawl", "--network", "n", "--seeds", "somebody"}, "--seeds"},
      {{"crawl", "--network", "n", "--seeds", nobody}, "--seeds"},
      {{"crawl", "--seeds", seed}, "--network"},
      {crawl_words(seed, {"--timeout=0s"}), "--timeout"},
      {crawl_words(seed, {"--timeout=soon"}), "--timeout"},
      {crawl_words(seed, {"--concurrency=0"}), "--concurrency"},
      {crawl_words(seed, {"--concurrency=5000"}), "--concurrency"},
      {crawl_words(seed, {"--rate=0"}), "--rate"},
      {crawl_words(seed, {"--rate=-1"}), "--rate"},
      {crawl_words(seed, {"--rate=nan"}), "--rate"},
      {crawl_words(seed, {"--max-nodes=0"}), "--max-nodes"},
      {crawl_words(seed, {"--out", folder / "missing/net.json"}), "--out"},
      {crawl_words(seed, {"--html", folder / ""}), "--html"},
      {crawl_words(seed, {"--out", "/dev/null"}), "--out"},
      {crawl_words(seed, {"more"}), "more"},
      {crawl_words(seed, {"--depth=3"}), "--depth"},
  };
  for (const auto& [arguments, named] : bad) {
    CAPTURE(named);
    auto run = finished{arguments};
    CHECK(run.status == 2);
    CHECK(run.output == "");
    CHECK(run.errors.find('\n') == run.errors.size() - 1);
    CHECK_MESSAGE(run.errors.find(named) != std::string::npos, run.errors);
  }
}

TEST_CASE("  Scenario: the help names every option") {
  auto run = finished{{"crawl", "--help"}};
  CHECK(run.status == 0);
  CHECK(run.errors == "");
  for (const auto* option :
       {"--network", "--seeds", "--out", "--html", "--timeout", "--concurrency",
        "--rate", "--max-nodes", "--json"})
    CHECK(run.output.find(option) != std::string::npos);
  CHECK(finished{{"--help"}}.output.find("  crawl ") != std::string::npos);
}

TEST_CASE("  Scenario: nodes that each know the next one are all found") {
  ring_of_nodes ring{8};
  scratch_folder folder;
  const auto out = folder / "net.json";
  auto run = finished{crawl_words(ring.nodes.back()->address,
                                  {"--out", out, "--json", "--rate=100"})};
  CHECK_MESSAGE(run.status == 0, run.errors);
  CHECK(run.errors == "");
  const auto found = read_crawl(out);
  CHECK(json::parse(run.output) == found);
  CHECK(found.at("complete") == true);
  CHECK(found.at("summary").at("by_state").at("answered") == 8);
  REQUIRE(found.at("nodes").size() == 8);
  std::set<std::string> addresses;
  for (const auto& node : found.at("nodes")) {
    CHECK(node.at("answer_ms") > 0.0);
    CHECK(node.at("channels").at(0) == "0x00");
    for (const auto& address : node.at("addresses"))
      addresses.insert(address);
  }
  for (const auto& node : ring.nodes)
    CHECK(addresses.count("mconn://" + node->address) == 1);
}

TEST_CASE(
    "  Scenario: a seed that nobody answers at is said, and stands in the "
    "file") {
  scratch_folder folder;
  const auto out = folder / "net.json";
  const auto seed = nobody + "@127.0.0.1:1";
  auto run = finished{crawl_words(seed, {"--out", out, "--timeout=5s"})};
  CHECK(run.status == 1);
  CHECK(run.errors.find(nobody) != std::string::npos);
  CHECK(run.errors.find('\n') == run.errors.size() - 1);
  const auto found = read_crawl(out);
  CHECK(found.at("complete") == true);
  CHECK(found.at("nodes").at(0).at("state") == "unreachable");
  CHECK(found.at("nodes").at(0).at("reason") == "connection_refused");
  CHECK(run.output.find("  unreachable  1\n") != std::string::npos);
}

TEST_CASE("  Scenario: a crawl that is told to stop writes what it has found") {
  quiet_node quiet;
  scratch_folder folder;
  const auto out = folder / "net.json";
  child crawl{troupe_command(crawl_words(
      quiet.process->address, {"--out", out, "--timeout=10min", "--json"}))};
  CHECK(quiet.process->process.event("peer_up").at("direction") == "inbound");
  CHECK_FALSE(fs::exists(out));
  crawl.signal(SIGTERM);
  CHECK(crawl.wait() == 1);
  CHECK(crawl.errors().find("stopped") != std::string::npos);
  const auto found = read_crawl(out);
  CHECK(found.at("complete") == false);
  CHECK(found.at("nodes").at(0).at("state") == "waiting");
  // Both are the same.
  CHECK(json::parse(crawl.output()) == found);
}

TEST_CASE("  Scenario: a crawl that is killed halfway leaves the old file, or "
          "none") {
  quiet_node quiet;
  scratch_folder folder;
  const auto out = folder / "net.json";
  std::string before;
  SUBCASE("none") {}
  SUBCASE("the old one") {
    before = "{\"old\": true}";
    write_file(out, before);
  }
  child crawl{troupe_command(
      crawl_words(quiet.process->address, {"--out", out, "--timeout=10min"}))};
  CHECK(quiet.process->process.event("peer_up").at("direction") == "inbound");
  crawl.signal(SIGKILL);
  crawl.wait();
  CHECK(read_file(out) == before);
  CHECK(entries_in(folder / "").size() == (before.empty() ? 0 : 1));
}

TEST_CASE(
    "  Scenario: a node that does not answer costs its time and no more") {
  quiet_node quiet;
  scratch_folder folder;
  const auto out = folder / "net.json";
  const auto seeds = quiet.process->address + "," + nobody + "@127.0.0.1:1";
  auto run = finished{crawl_words(seeds, {"--out", out, "--timeout=1s"})};
  CHECK(run.status == 1);
  const auto found = read_crawl(out);
  CHECK(found.at("summary").at("by_state").at("silent") == 1);
  CHECK(found.at("summary").at("by_state").at("unreachable") == 1);
  const auto& node = found.at("nodes").at(0);
  CHECK(node.at("moniker") == "quiet");
  CHECK(node.at("version").get<std::string>().starts_with("troupe"));
  CHECK(node.at("connect_ms") > 0.0);
  CHECK(node.at("answer_ms").is_null());
}

TEST_CASE("  Scenario: without the page, the command says what is missing, and "
          "writes its JSON") {
  scratch_folder folder;
  environment without{"TROUPE_CRAWL_PAGE", folder / "none.html"};
  const auto out = folder / "net.json";
  auto run = finished{crawl_words(
      nobody + "@127.0.0.1:1", {"--out", out, "--html", folder / "net.html"})};
  CHECK(run.status == 1);
  CHECK(run.errors.find("none.html") != std::string::npos);
  CHECK(run.errors.find("npm") != std::string::npos);
  CHECK(read_crawl(out).at("nodes").size() == 1);
  CHECK_FALSE(fs::exists(folder / "net.html"));
}

TEST_CASE(
    "  Scenario: the page has all in it, and what a node calls itself stays "
    "text") {
  const auto page = fs::path{TROUPE_COMMAND}.parent_path().parent_path()
                    / "share/troupe/crawl-page.html";
  if (!fs::exists(page)) {
    // The build says why, and fails where it must not be so.
    MESSAGE("skipped: ", page.native(), " was not built, which takes npm");
    return;
  }
  const std::string hostile = "</script><script>alert(1)</script><!--";
  quiet_node quiet{hostile};
  scratch_folder folder;
  const auto html = folder / "net.html";
  auto run = finished{
      crawl_words(quiet.process->address, {"--html", html, "--timeout=1s"})};
  CHECK(run.errors.find("html") == std::string::npos);
  const auto text = read_file(html);
  CHECK(text.find(hostile) == std::string::npos);
  CHECK(text.find("<script>alert") == std::string::npos);
  CHECK(text.find("@CRAWL_DATA@") == std::string::npos);
  // Between its own element's ends stands the document, name and all.
  const std::string begin
      = R"(<script id="crawl-data" type="application/json">)";
  const auto from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const auto end = text.find("</script>", from);
  const auto data = json::parse(
      text.substr(from + begin.size(), end - from - begin.size()));
  CHECK(data.at("nodes").at(0).at("moniker") == hostile);
  // Nothing comes from elsewhere, and no other script runs.
  for (const auto* source : {"<link", "src=", "@import", "url("})
    CHECK_MESSAGE(text.substr(0, from).find(source) == std::string::npos,
                  source);
  CHECK(text.find("default-src 'none'; script-src 'sha256-")
        != std::string::npos);
}

TEST_CASE(
    "  Scenario: a bar shows on a terminal how far a crawl is, and nowhere "
    "else") {
  quiet_node quiet;
  const auto arguments
      = crawl_words(quiet.process->address, {"--timeout=1s", "--json"});
  auto elsewhere = finished{arguments};
  CHECK(elsewhere.errors.find("0 of 1 nodes") == std::string::npos);
  CHECK(elsewhere.errors.find('\r') == std::string::npos);
  std::string line;
  for (const auto& word : troupe_command(arguments))
    line += (line.empty() ? "'" : " '") + word + "'";
  child terminal{{"script", "-qec", line, "/dev/null"}};
  terminal.wait();
  CHECK(terminal.output().find("0 of 1 nodes, 0 answered, 1 busy")
        != std::string::npos);
}
