// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the command when nobody reads what it prints, when that
// cannot be written, or was never open; and of signals.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

/// A command behind redirections: "... >&-".
words redirected(const words& command, const std::string& how) {
  words result{"sh", "-c", "exec \"$@\" " + how, "sh"};
  result.insert(result.end(), command.begin(), command.end());
  return result;
}

struct home_fixture {
  words start(const words& more = {}) const {
    return node_process::command(home, more, "0");
  }

  scratch_folder folder;
  std::string home = folder / "one";
  std::string id = make_home(home);
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE_FIXTURE(home_fixture, "  Scenario: a node whose output nobody reads "
                                "answers, and ends when it is told to") {
  auto closed = [] {
    silent_port port;
    return std::to_string(port.number());
  }();
  // Something to say, all the time.
  node_process node{home,
                    {"--min-retry-time=1ms", "--max-retry-time=1ms",
                     "--max-retry-time-persistent=1ms",
                     "--retry-time-jitter=0s", "--persistent-peers",
                     std::string(40, 'a') + "@127.0.0.1:" + closed}};
  node.process.stall_output();
  for (int i = 0; i < 3; ++i) {
    auto probed = finished{{"probe", node.address}};
    CHECK_MESSAGE(probed.status == 0, probed.errors);
  }
  node.process.signal(SIGINT);
  CHECK(node.process.wait_unread() == 0);
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: a node prints again once it can") {
  const auto pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  auto closed = [] {
    silent_port port;
    return std::to_string(port.number());
  }();
  auto reader = std::make_unique<std::ifstream>();
  child node{redirected(start({"--min-retry-time=1ms", "--max-retry-time=1ms",
                               "--max-retry-time-persistent=1ms",
                               "--retry-time-jitter=0s", "--persistent-peers",
                               std::string(40, 'a') + "@127.0.0.1:" + closed}),
                        ">" + pipe)};
  reader->open(pipe);
  std::string line;
  REQUIRE(std::getline(*reader, line));
  reader.reset();
  CHECK(contains(node.error_line(), "standard output: Broken pipe"));
  reader = std::make_unique<std::ifstream>(pipe);
  // The first reader may have taken the beginning of the first line.
  REQUIRE(std::getline(*reader, line));
  REQUIRE(std::getline(*reader, line));
  CHECK(nlohmann::json::parse(line).contains("event"));
  reader.reset();
  node.signal(SIGTERM);
  CHECK(node.wait() == 0);
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: a node runs without standard "
                                "output, and says so") {
  SUBCASE("on a full disk") {
    child node{redirected(start(), ">/dev/full")};
    CHECK(contains(node.error_line(), "No space left on device"));
    node.signal(SIGTERM);
    CHECK(contains(node.error_line(), "lines were lost"));
    CHECK(node.wait() == 0);
  }
  SUBCASE("that was closed, and nothing of ours takes its place") {
    child node{redirected(start(), "<&- >&-")};
    CHECK(contains(node.error_line(), "Bad file descriptor"));
    node.signal(SIGTERM);
    CHECK(node.wait() == 0);
    // It holds a process ID.
    const auto lock = read_file(home + "/data/peers.db.lock");
    CHECK(lock.find_first_not_of("0123456789\n") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: what others print in the process "
                                "of a node does not get among its events") {
  node_process node{home};
  const auto descriptors
      = "/proc/" + std::to_string(node.process.id()) + "/fd/";
  CHECK(std::filesystem::read_symlink(descriptors + "1")
        == std::filesystem::read_symlink(descriptors + "2"));
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: a result that cannot be printed "
                                "is a failure with a reason") {
  node_process node{home};
  const words commands[] = {{"--help"},
                            {"start", "--help"},
                            {"init", "--home", folder / "two"},
                            {"show-node-id", "--home", home},
                            {"peers", "--home", home},
                            {"probe", node.address},
                            {"probe", node.address, "--json"},
                            {"demo", "--nodes=2", "--seconds=1"}};
  for (const auto& arguments : commands)
    for (const std::string how : {">/dev/full", ">&-"}) {
      CAPTURE(arguments);
      CAPTURE(how);
      child process{redirected(troupe_command(arguments), how)};
      CHECK(process.wait() == 1);
      CHECK(contains(process.errors(), "standard output: "));
      CHECK(contains(process.errors(),
                     how == ">&-" ? "Bad file descriptor" : "No space left"));
    }
  node.stop();
}

TEST_CASE_FIXTURE(home_fixture, "  Scenario: signals in a burst are one") {
  node_process node{home};
  CHECK(finished{{"probe", node.address}}.status == 0);
  // `timeout` sends two. Some of more arrive one by one, whoever runs when.
  for (int i = 0; i < 100; ++i)
    node.process.signal(i % 2 == 0 ? SIGINT : SIGTERM);
  node.process.event("stopped");
  CHECK(node.process.wait() == 0);
  CHECK(node.process.errors() == "");
}
