// SPDX-License-Identifier: Apache-2.0

// What a running node makes of signals, and what a service manager hears.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

struct reloaded_node {
  void configure(const std::string& more) const {
    write_file(home + "/config/troupe.conf",
               "troupe {\n  network = \"test-net\"\n" + more + "}\n");
  }

  nlohmann::json reload(node_process& node, const std::string& answer) const {
    node.process.signal(SIGHUP);
    return node.process.event(answer);
  }

  std::string limits() const {
    auto run = finished{{"ctl", "--home", home, "limits"}};
    CHECK(run.status == 0);
    return run.output;
  }

  scratch_folder folder;
  std::string home = folder / "one";
  std::string id = make_home(home);
};

using list = std::vector<std::string>;

/// What systemd listens at.
class notify_socket {
public:
  explicit notify_socket(const std::string& path) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof(where.sun_path));
    std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0);
  }

  notify_socket(const notify_socket&) = delete;

  notify_socket& operator=(const notify_socket&) = delete;

  ~notify_socket() {
    close(fd_);
  }

  std::string next() const {
    auto what = pollfd{fd_, POLLIN, 0};
    using std::chrono::milliseconds;
    const auto limit = std::chrono::duration_cast<milliseconds>(patience);
    REQUIRE(poll(&what, 1, static_cast<int>(limit.count())) == 1);
    std::array<char, 1024> buffer{};
    const auto size = recv(fd_, buffer.data(), buffer.size(), 0);
    REQUIRE(size > 0);
    return {buffer.data(), static_cast<size_t>(size)};
  }

private:
  int fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

} // namespace

TEST_CASE_FIXTURE(reloaded_node,
                  "  Scenario: SIGHUP changes what a running node "
                  "can take, and says what it cannot") {
  configure("  max-per-ip = 3\n");
  node_process node{home, {"--max-dials=5"}};
  // Both kinds of limits, a rate, and what needs a new start.
  configure("  max-per-ip = 7\n  max-connected = 9\n  ip-rate = 2\n"
            "  max-peers = 100\n  max-dials = 9\n  log-level = debug\n");
  auto changed = reload(node, "reloaded");
  CHECK(changed.at("changed").get<list>()
        == list{"max-connected", "max-per-ip", "ip-rate", "log-level"});
  // The command line wins, so that is no change.
  CHECK(changed.at("restart").get<list>() == list{"max-peers"});
  for (std::string line : {"max-per-ip=7\n", "max-connected=9\n", "ip-rate=2"})
    CHECK_MESSAGE(limits().find(line) != std::string::npos, line);
  // What 'troupe ctl' has changed meanwhile, and nobody else, stays.
  CHECK(finished{{"ctl", "--home", home, "limits", "total-rate=1"}}.status
        == 0);
  configure("  max-per-ip = 8\n  max-connected = 9\n  ip-rate = 2\n");
  reload(node, "reloaded");
  CHECK(limits().find("total-rate=1") != std::string::npos);
  CHECK(limits().find("max-per-ip=8\n") != std::string::npos);
  node.process.signal(SIGTERM);
  node.process.event("stopped");
  CHECK(node.process.wait() == 0);
}

TEST_CASE_FIXTURE(reloaded_node,
                  "  Scenario: a configuration that makes no sense "
                  "changes nothing") {
  configure("  max-per-ip = 3\n");
  node_process node{home};
  const std::pair<std::string, std::string> rows[] = {
      {"  max-per-ip = 0\n", "line 3: key troupe.max-per-ip: \"0\" is not"},
      {"  max-per-ip = 4\n  max-incoming = 65\n", "--max-incoming is 65"},
      {"  max-per-ip = 4\n  listne = 1\n", "did you mean listen?"},
  };
  for (const auto& [text, said] : rows) {
    configure(text);
    auto failed = reload(node, "reload_failed");
    CHECK_MESSAGE(failed.at("reason").get<std::string>().find(said)
                      != std::string::npos,
                  failed.dump());
    CHECK(limits().find("max-per-ip=3\n") != std::string::npos);
  }
  node.stop();
}

TEST_CASE_FIXTURE(reloaded_node,
                  "  Scenario: with --log-format json every line "
                  "is an object, with the node's name") {
  // The node itself among its peers is worth a warning.
  words command
      = node_process::command(home,
                              {"--log-format=json", "--moniker=sentry",
                               "--persistent-peers", id + "@127.0.0.1:1"},
                              "0");
  std::erase(command, "--json");
  child process{command};
  process.event("listening");
  auto line = nlohmann::json::parse(process.error_line());
  CHECK(line.at("event") == "own_id_skipped");
  CHECK(line.at("level") == "warn");
  CHECK(line.at("node") == "sentry");
  CHECK(line.at("option") == "persistent_peers");
  process.signal(SIGTERM);
  process.event("stopped");
  CHECK(process.wait() == 0);
}

TEST_CASE_FIXTURE(reloaded_node,
                  "  Scenario: --log-level says how much there is "
                  "to read") {
  node_process quiet{
      home, {"--log-level=off", "--persistent-peers", id + "@127.0.0.1:1"}};
  quiet.stop();
  child loud{node_process::command(home, {"--log-level=info"}, "0")};
  loud.event("listening");
  CHECK(loud.error_line().find("listening level=info node=")
        != std::string::npos);
  loud.signal(SIGTERM);
  CHECK(loud.wait() == 0);
}

#ifdef TROUPE_HAVE_SYSTEMD
TEST_CASE_FIXTURE(reloaded_node, "  Scenario: a service manager hears when the "
                                 "node is ready, reloads and stops") {
  const auto path = folder / "notify";
  notify_socket manager{path};
  words command{"env", "NOTIFY_SOCKET=" + path};
  for (const auto& word : node_process::command(home, {}, "0"))
    command.push_back(word);
  child node{command};
  const auto endpoint
      = node.event("listening").at("endpoint").get<std::string>();
  const auto ready = manager.next();
  CHECK(ready.starts_with("READY=1\n"));
  CHECK(ready.find(endpoint) != std::string::npos);
  node.signal(SIGHUP);
  CHECK(manager.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(manager.next().starts_with("READY=1\n"));
  node.signal(SIGTERM);
  CHECK(manager.next() == "STOPPING=1");
  CHECK(node.wait() == 0);
}
#endif
