// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const std::string one(40, 'a');
const std::string two(40, 'b');

/// A home whose node does not run.
struct quiet_home {
  /// Runs `troupe peers` about it, which has to work.
  std::string peers(const words& more) const {
    auto run = run_peers(more);
    CHECK_MESSAGE(run.status == 0, run.errors);
    return run.output;
  }

  finished run_peers(const words& more) const {
    words all{"peers", "--home", home};
    all.insert(all.end(), more.begin(), more.end());
    return finished{all};
  }

  /// What it knows, as `ID@HOST:PORT`.
  std::vector<std::string> known() const {
    std::vector<std::string> result;
    std::istringstream lines{peers({"--json"})};
    for (std::string line; std::getline(lines, line);) {
      const auto peer = json::parse(line);
      for (const auto& entry : peer.at("addresses"))
        result.push_back(
            entry.at("address").get<std::string>().substr(sizeof "mconn:/"));
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  std::string write(const std::string& name, const std::string& text) const {
    const auto file = folder / name;
    write_file(file, text);
    return file;
  }

  scratch_folder folder;
  std::string home = folder / "home";
  std::string id = make_home(home);
};

json addrbook(const std::vector<std::pair<std::string, std::string>>& peers) {
  json result = {{"key", "9d0fd0e1a8b5ef1e6ba1d5f0"}, {"addrs", json::array()}};
  for (const auto& [peer, ip] : peers) {
    const json address = {{"id", peer}, {"ip", ip}, {"port", 26656}};
    result["addrs"].push_back({{"addr", address},
                               {"src", address},
                               {"buckets", {7}},
                               {"attempts", 1},
                               {"bucket_type", 1},
                               {"last_attempt", "2030-05-04T12:13:14.1+02:00"},
                               {"last_success", "0001-01-01T00:00:00Z"},
                               {"last_ban_time", "0001-01-01T00:00:00Z"}});
  }
  return result;
}

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

} // namespace

TEST_CASE_FIXTURE(quiet_home,
                  "  Scenario: a CometBFT address book is imported and "
                  "exported while no node runs") {
  const auto book = write(
      "addrbook.json", addrbook({{one, "8.8.8.8"}, {two, "2600::1"}}).dump());
  CHECK(peers({"--import", book}) == "imported  2 new, 0 known\n");
  const std::vector<std::string> both{one + "@8.8.8.8:26656",
                                      two + "@[2600::1]:26656"};
  CHECK(known() == both);
  CHECK(peers({"--import", book}) == "imported  0 new, 2 known\n");

  CHECK(peers({"--export", folder / "out.json"}) == "exported  2 addresses\n");
  const auto out = json::parse(read_file(folder / "out.json"));
  CHECK(out.at("key").get<std::string>().size() == 24);
  std::map<std::string, json> by_id;
  for (const auto& entry : out.at("addrs"))
    by_id[entry.at("addr").at("id")] = entry;
  CHECK(by_id.at(one).at("addr").at("ip") == "8.8.8.8");
  CHECK(by_id.at(one).at("attempts") == 1);
  CHECK(by_id.at(one).at("last_attempt") == "2030-05-04T10:13:14.100Z");

  // Somebody else has it from there.
  quiet_home other;
  CHECK(other.peers({"--import", folder / "out.json"})
        == "imported  2 new, 0 known\n");
  CHECK(other.known() == both);
}

TEST_CASE_FIXTURE(quiet_home, "  Scenario: a list is imported and exported, "
                              "without ourselves") {
  const auto list
      = write("peers.txt", "# two of them\n" + one + "@example.org:1\n\n" + two
                               + "@8.8.8.8:2 # here\n" + id + "@8.8.8.8:3\n");
  CHECK(peers({"--import", list}) == "imported  2 new, 0 known, 1 refused\n");
  CHECK(peers({"--export", folder / "out.txt"}) == "exported  2 addresses\n");
  CHECK(read_file(folder / "out.txt")
        == one + "@example.org:1\n" + two + "@8.8.8.8:2\n");
  // A name has no place in the other form, which is said.
  auto run = run_peers({"--export", folder / "out.json"});
  CHECK(run.status == 0);
  CHECK(run.output == "exported  1 addresses\n");
  CHECK(run.errors.find("1 addresses that are not of an IP address and TCP")
        != std::string::npos);
}

TEST_CASE_FIXTURE(quiet_home,
                  "  Scenario: a bad file is refused in one line, and "
                  "changes nothing") {
  const auto sound = one + "@8.8.8.8:1\n";
  const std::vector<std::pair<std::string, std::string>> bad{
      {write("a", sound + "somebody@8.8.8.8:1\n"), "line 2"},
      {write("b.json", "{\"addrs\": ["), "JSON"},
      {write("c.json", "{}"), "addrs"},
      {write("d.json", addrbook({{one, "8.8.8.8"}, {"x", "8.8.8.8"}}).dump()),
       "entry 2"},
      {write("e", std::string("\x7f\x45\x4c\x46\0\1\2", 7)), "line 1"},
      {folder / "missing", "missing"},
      {folder / "", ""},
      {"/dev/zero", "/dev/zero"},
  };
  for (const auto& [file, named] : bad) {
    CAPTURE(file);
    auto run = run_peers({"--import", file});
    CHECK(run.status == 2);
    CHECK(run.output == "");
    CHECK(is_one_line(run.errors));
    CHECK_MESSAGE(run.errors.find(named) != std::string::npos, run.errors);
  }
  CHECK(known().empty());
  CHECK_FALSE(fs::exists(home + "/data"));
}

TEST_CASE_FIXTURE(quiet_home,
                  "  Scenario: options that make no sense are refused") {
  const auto list = write("peers.txt", one + "@8.8.8.8:1\n");
  for (const auto& bad : std::vector<words>{
           {"peers", "--import", list},
           {"peers", "--verify"},
           {"peers", "--home", folder / "none", "--import", list},
           {"peers", "--home", home, "--import", list, "--export", list},
           {"peers", "--home", home, "--export", list, "--verify"},
           {"peers", "--home", home, "--export", folder / "none/x"},
           {"peers", "--home", home, "--export", "/dev/null"},
           {"peers", "--home", home, "--verify", "--timeout=0s"},
           {"peers", "--home", home, "--verify", "--concurrency=0"},
       }) {
    auto run = finished{bad};
    CAPTURE(run.errors);
    CHECK(run.status == 2);
    CHECK(is_one_line(run.errors));
  }
  CHECK(read_file(list) == one + "@8.8.8.8:1\n");
}

TEST_CASE_FIXTURE(quiet_home, "  Scenario: while a node runs, an import goes "
                              "through its socket, and it dials who is new") {
  const auto other = folder / "other";
  const auto other_id = make_home(other);
  node_process target{other};
  node_process node{home};
  const auto list = write("peers.txt", target.address + "\n");
  CHECK(peers({"--import", list}) == "imported  1 new, 0 known\n");
  CHECK(node.process.event("peer_up").at("peer") == other_id);
  CHECK(peers({"--import", list}) == "imported  0 new, 1 known\n");
  // What it has not stored yet is exported, too.
  peers({"--export", folder / "out.txt"});
  CHECK(read_file(folder / "out.txt") == target.address + "\n");
  target.stop();
  node.stop();
  CHECK(known() == std::vector{target.address});
}

TEST_CASE_FIXTURE(quiet_home, "  Scenario: a running node whose socket is "
                              "elsewhere keeps its store for itself") {
  node_process node{home, {"--ctl-socket", folder / "elsewhere.sock"}};
  const auto list = write("peers.txt", one + "@192.0.2.1:1\n");
  auto run = run_peers({"--import", list});
  CHECK(run.status == 1);
  CHECK(is_one_line(run.errors));
  CHECK(peers({"--import", list, "--ctl-socket", folder / "elsewhere.sock"})
        == "imported  1 new, 0 known\n");
  node.stop();
}

TEST_CASE_FIXTURE(quiet_home,
                  "  Scenario: many addresses fit into a running node") {
  node_process node{home, {"--max-dials=1"}};
  std::string list;
  for (int i = 0; i < 2000; ++i)
    list += one.substr(0, 36) + std::to_string(1000 + i)
            + "@a-name-that-is-not-short-" + std::to_string(i)
            + ".example.org:26656\n";
  CHECK(peers({"--import", write("peers.txt", list)})
        == "imported  2000 new, 0 known\n");
  node.process.signal(SIGTERM);
  node.process.wait();
}

TEST_CASE_FIXTURE(quiet_home,
                  "  Scenario: it is said which peers are alive, and "
                  "only those are imported") {
  const auto fit = folder / "fit";
  const auto misfit = folder / "misfit";
  const auto fit_id = make_home(fit);
  const auto misfit_id = make_home(misfit, "other-net");
  node_process here{fit, silent_about_peers()};
  node_process there{misfit, silent_about_peers()};
  const auto dead = two + "@127.0.0.1:1";
  // Somebody is there, but not who was named.
  const auto impostor = one + "@" + here.host_and_port;
  const auto list
      = write("peers.txt", here.address + "\n" + there.address + "\n" + dead
                               + "\n" + impostor + "\n");
  auto only = finished{{"peers", "--import", list, "--verify", "--json",
                        "--network", "test-net"}};
  CHECK(only.status == 0);
  CHECK(only.errors == "troupe: 2 of 4 peers are alive\n");
  std::map<std::string, json> by_id;
  std::istringstream lines{only.output};
  for (std::string line; std::getline(lines, line);) {
    auto peer = json::parse(line);
    by_id[peer.at("peer")] = peer;
  }
  CHECK(by_id.at(fit_id).at("alive") == true);
  CHECK(by_id.at(fit_id).at("connect_ms") > 0.0);
  CHECK(by_id.at(fit_id).at("moniker") == "the \\node");
  CHECK(by_id.at(misfit_id).at("alive") == true);
  CHECK(by_id.at(misfit_id).at("reason") == "wrong_network");
  CHECK(by_id.at(two).at("alive") == false);
  CHECK(by_id.at(two).at("reason") == "connection_refused");
  CHECK(by_id.at(one).at("alive") == false);
  CHECK(by_id.at(one).at("reason") == "unexpected_peer");
  CHECK(known().empty());

  auto imported = run_peers({"--import", list, "--verify"});
  CHECK(imported.status == 0);
  CHECK(imported.output.find("alive  mconn://" + here.address)
        != std::string::npos);
  CHECK(imported.output.find("dead   mconn://" + dead) != std::string::npos);
  CHECK(imported.output.ends_with("imported  2 new, 0 known\n"));
  CHECK(known().size() == 2);

  there.stop();
  auto later = run_peers({"--verify", "--json"});
  CHECK(later.status == 0);
  CHECK(later.errors == "troupe: 1 of 2 peers are alive\n");
  here.stop();
}
