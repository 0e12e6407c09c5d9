// SPDX-License-Identifier: Apache-2.0

// Each option of `troupe start` about limits, times and filters, by its effect
// on a running node, and what is refused at start.
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

using clock_type = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct home_fixture {
  scratch_folder folder;
  std::string home = folder / "one";
  std::string id = make_home(home);
  std::string other = folder / "two";
  std::string other_id = make_home(other);
};

/// A remote that connects and says nothing.
class mute {
public:
  explicit mute(const node_process& node) {
    auto to = sockaddr_in{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoul(node.port())));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
  }

  mute(const mute&) = delete;

  mute& operator=(const mute&) = delete;

  ~mute() {
    close(fd_);
  }

  /// Whether the node says something before it hangs up.
  bool is_greeted() const {
    std::array<char, 64> buffer{};
    return wait() && recv(fd_, buffer.data(), buffer.size(), 0) > 0;
  }

  /// Waits until the node hangs up.
  void wait_for_end() const {
    std::array<char, 4096> buffer{};
    while (wait() && recv(fd_, buffer.data(), buffer.size(), 0) > 0)
      ;
  }

private:
  bool wait() const {
    auto what = pollfd{fd_, POLLIN, 0};
    using std::chrono::milliseconds;
    const auto limit = std::chrono::duration_cast<milliseconds>(patience);
    REQUIRE(poll(&what, 1, static_cast<int>(limit.count())) == 1);
    return true;
  }

  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// What `troupe start` says when it does not start.
std::string refusal(const std::string& home, const words& options) {
  words all{"start", "--home", home, "--listen=mconn://127.0.0.1:0"};
  all.insert(all.end(), options.begin(), options.end());
  auto run = finished{all};
  CHECK(run.status == 2);
  CHECK(run.output == "");
  return run.errors;
}

} // namespace

TEST_CASE_FIXTURE(home_fixture, "  Scenario: --external-address is what others "
                                "are told") {
  node_process node{home, {"--external-address=example.org:1234"}};
  auto found = finished{{"probe", node.address, "--json"}};
  CHECK(nlohmann::json::parse(found.output).at("listen_addr")
        == "example.org:1234");
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: who is denied or not allowed gets "
                                "no handshake, and is not dialed") {
  for (const std::string option :
       {"--deny-ips=10.0.0.0/8, 127.0.0.0/8", "--allow-ips=10.0.0.0/8"}) {
    CAPTURE(option);
    node_process target{other};
    node_process node{home, {option, "--persistent-peers", target.address}};
    CHECK_FALSE(mute{node}.is_greeted());
    auto failed = node.process.event("dial_failed");
    CHECK(failed.at("reason").get<std::string>().find("not allowed")
          != std::string::npos);
    node.stop();
    target.stop();
  }
  node_process node{home, {"--allow-ips=127.0.0.1", "--deny-ips=127.0.0.2"}};
  CHECK(mute{node}.is_greeted());
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: connections are limited by where "
                                "they come from") {
  SUBCASE("--max-per-ip") {
    node_process node{home, {"--max-per-ip=2", "--handshake-timeout=10min"}};
    mute first{node};
    mute second{node};
    CHECK(first.is_greeted());
    CHECK(second.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--max-per-subnet") {
    node_process node{home,
                      {"--max-per-subnet=1", "--subnet-limits=all",
                       "--handshake-timeout=10min", "--subnet-bits-v4=8"}};
    mute first{node};
    CHECK(first.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--ip-rate") {
    node_process node{home, {"--ip-rate=0.001"}};
    CHECK(mute{node}.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--subnet-rate") {
    node_process node{home, {"--subnet-rate=0.001", "--subnet-limits=all"}};
    CHECK(mute{node}.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--total-rate") {
    node_process node{home, {"--total-rate=0.001"}};
    CHECK(mute{node}.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--max-handshakes") {
    node_process node{home,
                      {"--max-handshakes=1", "--handshake-timeout=10min"}};
    mute first{node};
    CHECK(first.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--max-handshakes-per-ip") {
    node_process node{
        home, {"--max-handshakes-per-ip=1", "--handshake-timeout=10min"}};
    mute first{node};
    CHECK(first.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--max-handshakes-per-subnet") {
    node_process node{home,
                      {"--max-handshakes-per-subnet=1", "--subnet-limits=all",
                       "--handshake-timeout=10min"}};
    mute first{node};
    CHECK(first.is_greeted());
    CHECK_FALSE(mute{node}.is_greeted());
    node.stop();
  }
  SUBCASE("--exempt-ips") {
    node_process node{home,
                      {"--max-per-ip=1", "--exempt-ips=10.0.0.0/8,127.0.0.1"}};
    mute first{node};
    CHECK(first.is_greeted());
    CHECK(mute{node}.is_greeted());
    node.stop();
  }
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: --handshake-timeout ends who says "
                                "nothing, and whom nobody answers") {
  silent_port silence;
  const auto address
      = other_id + "@127.0.0.1:" + std::to_string(silence.number());
  node_process node{
      home, {"--handshake-timeout=300ms", "--persistent-peers", address}};
  const auto start = clock_type::now();
  mute remote{node};
  remote.wait_for_end();
  CHECK(clock_type::now() - start >= 250ms);
  auto failed = node.process.event("dial_failed");
  CHECK(failed.at("reason").get<std::string>().find("in time")
        != std::string::npos);
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: --min-retry-time and "
                                "--retry-time-jitter decide how soon a peer is "
                                "dialed again") {
  auto closed = [] {
    silent_port port;
    return std::to_string(port.number());
  }();
  node_process node{home,
                    {"--min-retry-time=10ms", "--max-retry-time=20ms",
                     "--max-retry-time-persistent=20ms",
                     "--retry-time-jitter=0s", "--persistent-peers",
                     other_id + "@127.0.0.1:" + closed}};
  // With the defaults the tenth would come after minutes.
  for (int i = 0; i < 10; ++i)
    node.process.event("dial_failed");
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture,
                  "  Scenario: --max-connected keeps the next one "
                  "out") {
  node_process node{
      home, {"--max-connected=1", "--max-visitors=0", "--max-accepted=70"}};
  node_process first{other, {"--persistent-peers", node.address}};
  first.process.event("peer_up");
  node.process.event("peer_up");
  const auto third = folder / "three";
  make_home(third);
  node_process second{third, {"--persistent-peers", node.address}};
  CHECK(node.process.event("refused").at("reason").get<std::string>().find(
            "too_many_peers")
        != std::string::npos);
  second.stop();
  first.stop();
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: a blocked peer gets in neither "
                                "way, an unconditional one in spite of "
                                "limits") {
  SUBCASE("--blocked-peers") {
    node_process node{home, {"--blocked-peers", other_id}};
    node_process dialer{other, {"--persistent-peers", node.address}};
    CHECK(node.process.event("refused").at("reason") == "filtered");
    dialer.stop();
    node.stop();
  }
  SUBCASE("--unconditional-peers") {
    node_process node{home,
                      {"--max-connected=1", "--max-connected-upgrade=0",
                       "--unconditional-peers", other_id}};
    const auto third = folder / "three";
    make_home(third);
    node_process first{third, {"--persistent-peers", node.address}};
    node.process.event("peer_up");
    node_process second{other, {"--persistent-peers", node.address}};
    CHECK(node.process.event("peer_up").at("peer") == other_id);
    second.stop();
    first.stop();
    node.stop();
  }
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: --send-rate slows down what is "
                                "sent") {
  node_process target{home, {"--echo"}};
  node_process slow{
      other, {"--echo", "--send-rate=10", "--bootstrap-peers", target.address}};
  // A ping and a pong a second are more than the rate lets through.
  for (;;) {
    auto rtt = slow.process.event("pong").at("rtt_us").get<int64_t>();
    if (rtt > 500'000)
      break;
  }
  slow.stop();
  target.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: an option that makes no sense is "
                                "refused by name") {
  struct row {
    std::string option;
    std::string value;
  };
  const row rows[] = {
      {"external-address", "nowhere"},
      {"preferred-peers", "me"},
      {"preferred-weight", "0"},
      {"preferred-weight", "101"},
      {"addr-book-strict", "maybe"},
      {"unconditional-peers", "me"},
      {"private-peers", "me"},
      {"blocked-peers", "me"},
      {"max-peers", "1"},
      {"max-connected-upgrade", "some"},
      {"allow-ips", "10.0.0.1/8"},
      {"deny-ips", "127.0.0.1,host"},
      {"exempt-ips", "10.0.0.0/33"},
      {"max-outgoing", "65"},
      {"max-incoming", "65"},
      {"probe-time", "0s"},
      {"max-dials", "0"},
      {"max-accepted", "64"},
      {"max-handshakes", "0"},
      {"max-handshakes-per-ip", "0"},
      {"max-handshakes-per-subnet", "0"},
      {"max-per-ip", "0"},
      {"max-per-ip", "-1"},
      {"max-per-subnet", "many"},
      {"subnet-limits", "none"},
      {"subnet-bits-v4", "33"},
      {"subnet-bits-v6", "0"},
      {"ip-rate", "-1"},
      {"subnet-rate", "fast"},
      {"total-rate", "-0.5"},
      {"resolve-timeout", "0s"},
      {"dial-timeout", "0s"},
      {"handshake-timeout", "-1s"},
      {"handshake-timeout", "5"},
      {"min-retry-time", "0s"},
      {"max-retry-time", "1ms"},
      {"max-retry-time-persistent", "1ms"},
      {"retry-time-jitter", "-1s"},
      {"disconnect-cooldown", "-1s"},
      {"ping-interval", "0s"},
      {"ping-interval", "2m"},
      {"handshake-timeout", "9000000000s"},
      {"disconnect-cooldown", "99999999999999h"},
      {"disconnect-cooldown", "-99999999999999h"},
      {"pong-timeout", "1s"},
      {"send-rate", "-1"},
      {"recv-rate", "x"},
      {"send-payload-max", "0"},
      {"recv-payload-max", "99999999"},
      {"queue-type", "lifo"},
      {"unknown-channel", "drop"},
      {"connection-memory", "1000"},
      {"node-memory", "1"},
      {"progress-bytes", "0"},
      {"progress-time", "0s"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.option);
    auto said = refusal(home, {"--" + row.option + "=" + row.value});
    CHECK(said.find("--" + row.option) != std::string::npos);
    CHECK(said.find('\n') == said.size() - 1);
    // Words, not C++, and one form of them.
    CHECK(said.find("caf::") == std::string::npos);
    CHECK(said.find(": is ") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: keys of other nodes that mean "
                                "nothing here are refused in a configuration "
                                "file") {
  for (const std::string key : {"upnp", "use-legacy", "allow-duplicate-ip",
                                "addr-book-file", "test-fuzz"}) {
    CAPTURE(key);
    write_file(home + "/config/troupe.conf",
               "troupe {\n  network = \"test-net\"\n  " + key + " = 1\n}\n");
    auto said = refusal(home, {});
    CHECK(said.find("unknown key \"troupe." + key + "\"") != std::string::npos);
  }
  write_file(home + "/config/troupe.conf",
             "troupe {\n  max-per-ip = \"many\"\n}\n");
  CHECK(refusal(home, {}).find("key troupe.max-per-ip") != std::string::npos);
  write_file(home + "/config/troupe.conf",
             "troupe {\n  network = \"test-net\"\n  max-per-ip = 0\n}\n");
  CHECK(refusal(home, {}).find("line 3: key troupe.max-per-ip: \"0\" is not")
        != std::string::npos);
  // CometBFT's words are understood, but not beside ours.
  write_file(home + "/config/troupe.conf",
             "troupe {\n  network = \"test-net\"\n  seeds = \"\"\n  "
             "bootstrap-peers = \"\"\n}\n");
  CHECK(refusal(home, {}).find("line 4: key troupe.bootstrap-peers: is set in "
                               "line 3 already, as troupe.seeds")
        != std::string::npos);
}
