// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <doctest/doctest.h>

#include "nodes.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr wall_time at(int64_t seconds) {
  return wall_time{std::chrono::seconds{seconds}};
}

/// Long after any test runs, 2100-01-01T00:00:00Z, and long before.
constexpr auto late = at(4'102'444'800);
constexpr auto early = at(1'000'000'000);

stored_peer peer(char digit) {
  auto id = *node_id::parse(std::string(40, digit));
  return {.id = id,
          .addresses = {{.address = {.protocol = "mconn",
                                     .id = id,
                                     .hostname = "example.org",
                                     .port = 26656}}}};
}

struct stored_home {
  stored_home() {
    make_home(home);
    auto opened = sqlite_store::open({.path = home + "/data/peers.db"});
    REQUIRE_MESSAGE(opened, to_string(opened.error()));
    store = std::move(*opened);
  }

  void put(const stored_peer& what) {
    auto bad = store->commit({.put = {what}});
    REQUIRE_MESSAGE(bad.code == errc::none, to_string(bad));
  }

  /// What `troupe peers --json` says about the only peer.
  nlohmann::json only() {
    auto result = finished{{"peers", "--home", home, "--json"}};
    REQUIRE_MESSAGE(result.status == 0, result.errors);
    CHECK(result.errors == "");
    CHECK(result.output.find('\n') == result.output.size() - 1);
    return nlohmann::json::parse(result.output);
  }

  std::string why(const stored_peer& what) {
    put(what);
    return only().at("why");
  }

  scratch_folder folder;
  std::string home = folder / "home";
  /// As open as it is in a running node.
  std::unique_ptr<sqlite_store> store;
};

} // namespace

TEST_CASE_FIXTURE(stored_home, "  Scenario: peers are listed while the node "
                               "runs, and after it") {
  auto known = peer('a');
  known.addresses[0].failures = 3;
  known.addresses[0].retry_at = late;
  known.addresses[0].last_failure = early;
  known.score_milli = -1500;
  known.last_connected = early;
  known.ban = stored_ban{late, "sent \"spam\"\n"};
  known.incompatible
      = stored_incompatibility{early, errc::wrong_network, "other-net"};
  put(known);
  auto seen = only();
  CHECK(seen.at("peer") == std::string(40, 'a'));
  CHECK(seen.at("score") == -1.5);
  CHECK(seen.at("failures") == 3);
  CHECK(seen.at("last_connected") == "2001-09-09T01:46:40.000Z");
  CHECK(seen.at("last_disconnected") == nullptr);
  CHECK(seen.at("next_attempt") == nullptr);
  const auto& address = seen.at("addresses").at(0);
  CHECK(address.at("address")
        == "mconn://" + std::string(40, 'a') + "@example.org:26656");
  CHECK(address.at("failures") == 3);
  CHECK(address.at("retry_at") == "2100-01-01T00:00:00.000Z");
  CHECK(address.at("last_failure") == "2001-09-09T01:46:40.000Z");
  CHECK(address.at("last_success") == nullptr);
  CHECK(seen.at("ban").at("until") == "2100-01-01T00:00:00.000Z");
  CHECK(seen.at("ban").at("reason") == "sent \"spam\"\n");
  CHECK(seen.at("ban").at("active") == true);
  CHECK(seen.at("incompatible").at("reason") == "wrong_network");
  CHECK(seen.at("incompatible").at("detail") == "other-net");
  CHECK(seen.at("why")
        == R"(banned until 2100-01-01T00:00:00.000Z: "sent \"spam\"\n")");

  store.reset();
  CHECK(only() == seen);
}

TEST_CASE_FIXTURE(stored_home, "  Scenario: a peer of the configuration that "
                               "does not fit is tried again") {
  auto known = peer('a');
  known.dialable_at = late;
  known.incompatible
      = stored_incompatibility{early, errc::no_common_channel, ""};
  put(known);
  CHECK(only().at("next_attempt") == nullptr);
  std::ofstream{home + "/config/troupe.conf"}
      << "troupe {\n  persistent-peers = \"" << std::string(40, 'A')
      << "@example.org:26656\"\n}\n";
  CHECK(only().at("next_attempt") == "2100-01-01T00:00:00.000Z");
  CHECK(only().at("why")
        == "incompatible since 2001-09-09T01:46:40.000Z (no_common_channel); "
           "tried again at 2100-01-01T00:00:00.000Z");
}

TEST_CASE_FIXTURE(stored_home, "  Scenario: a peer's line says in words why it "
                               "is not dialed") {
  auto known = peer('a');
  CHECK(why(known) == "may be dialed");
  known.addresses[0].failures = 1;
  known.addresses[0].retry_at = early;
  CHECK(why(known) == "may be dialed");
  known.addresses[0].retry_at = late;
  CHECK(why(known)
        == "backs off until 2100-01-01T00:00:00.000Z, after 1 failed dial");
  CHECK(only().at("next_attempt") == "2100-01-01T00:00:00.000Z");
  known.addresses.push_back(known.addresses[0]);
  known.addresses[1].address.port = 1;
  known.addresses[1].retry_at.reset();
  CHECK(why(known) == "may be dialed");
  known.dialable_at = late;
  CHECK(why(known)
        == "rests until 2100-01-01T00:00:00.000Z, after its last connection");
  known.short_connections = 2;
  CHECK(why(known)
        == "backs off until 2100-01-01T00:00:00.000Z, after 2 short "
           "connections");
  known.incompatible
      = stored_incompatibility{early, errc::no_common_channel, ""};
  CHECK(why(known)
        == "incompatible since 2001-09-09T01:46:40.000Z (no_common_channel)");
  known.ban = stored_ban{early, "over"};
  CHECK(why(known).starts_with("incompatible"));
  CHECK(only().at("ban").at("active") == false);
  known.ban = stored_ban{late, ""};
  CHECK(why(known) == "banned until 2100-01-01T00:00:00.000Z");
  known = peer('a');
  known.addresses.clear();
  CHECK(why(known) == "no address is known");
}

TEST_CASE_FIXTURE(stored_home, "  Scenario: without --json there is a line a "
                               "peer below a head") {
  put(peer('a'));
  put({.id = *node_id::parse(std::string(40, 'b'))});
  auto result = finished{{"peers", "--home=" + home}};
  REQUIRE(result.status == 0);
  CHECK(result.errors == "");
  std::istringstream lines{result.output};
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("PEER"));
  std::getline(lines, line);
  CHECK(line.starts_with(std::string(40, 'a') + "        0.0         0  -"));
  CHECK(line.find("may be dialed  mconn://") != std::string::npos);
  std::getline(lines, line);
  CHECK(line.starts_with(std::string(40, 'b')));
  CHECK(line.ends_with("no address is known  -"));
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("  Scenario: while a node runs, it says what no store knows") {
  scratch_folder folder;
  const auto one = folder / "one";
  const auto two = folder / "two";
  const auto other = folder / "other";
  make_home(one);
  const auto two_id = make_home(two);
  const auto other_id = make_home(other, "other-net");
  node_process misfit{other};
  node_process node{one, {"--persistent-peers", misfit.address}};
  node.process.event("dial_failed");
  node_process guest{two, {"--persistent-peers", node.address}};
  CHECK(node.process.event("peer_up").at("peer") == two_id);
  auto result = finished{{"peers", "--home", one, "--json"}};
  REQUIRE_MESSAGE(result.status == 0, result.errors);
  CHECK(result.errors == "");
  std::map<std::string, nlohmann::json> peers;
  std::istringstream lines{result.output};
  for (std::string line; std::getline(lines, line);) {
    auto peer = nlohmann::json::parse(line);
    peers[peer.at("peer")] = peer;
  }
  // It dialed us, and nobody knows where it could be dialed.
  CHECK(peers.at(two_id).at("state") == "up");
  const auto& shown = peers.at(two_id);
  CHECK(shown.at("direction") == "inbound");
  CHECK(shown.at("remote").get<std::string>().starts_with("127.0.0.1:"));
  CHECK(shown.at("moniker") == "the \\node");
  CHECK(shown.at("points").is_number());
  CHECK(shown.at("received_bytes").is_number_unsigned());
  CHECK(shown.at("shed") == 0);
  // Whichever command is asked, it is the same peer.
  for (words command :
       {words{"peers", "--home", one}, words{"ctl", "--home", one, "list"}}) {
    const auto text = finished{command}.output;
    CHECK(text.find(two_id) != std::string::npos);
    CHECK_MESSAGE(text.find("  inbound from 127.0.0.1:") != std::string::npos,
                  text);
    CHECK(text.find("\"the \\\\node\", rtt ") != std::string::npos);
    CHECK(text.find(", 0 dropped\n  score ") != std::string::npos);
  }
  // It does not fit, and is tried again all the same.
  const auto& waiting = peers.at(other_id);
  CHECK(waiting.at("why").get<std::string>().find("tried again")
        != std::string::npos);
  CHECK(waiting.at("next_attempt").is_string());
  auto table = finished{{"peers", "--home", one}};
  CHECK(table.output.find(two_id) != std::string::npos);
  guest.stop();
  misfit.stop();
  node.stop();
}

TEST_CASE("  Scenario: a node that never ran knows nobody") {
  scratch_folder folder;
  make_home(folder / "home");
  auto result = finished{{"peers", "--home", folder / "home", "--json"}};
  CHECK(result.status == 0);
  CHECK(result.output == "");
  CHECK(result.errors == "");
  CHECK_FALSE(std::filesystem::exists(folder / "home/data"));
}

TEST_CASE_FIXTURE(stored_home, "  Scenario: what is wrong with a store is told "
                               "in one line, and nothing is changed") {
  store.reset();
  const auto file = home + "/data/peers.db";
  SUBCASE("a store that is none") {
    const std::string text(10'000, 'x');
    write_file(file, text);
    auto result = finished{{"peers", "--home", home}};
    CHECK(result.status == 1);
    CHECK(result.output == "");
    CHECK(result.errors.find('\n') == result.errors.size() - 1);
    CHECK(result.errors.find(file) != std::string::npos);
    CHECK(read_file(file) == text);
  }
  SUBCASE("a folder") {
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    auto result = finished{{"peers", "--home", home}};
    CHECK(result.status == 1);
    CHECK(result.errors.find(file) != std::string::npos);
  }
}
