// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "child.hpp"

namespace troupe::test {

/// Makes a home and returns its node ID.
inline std::string make_home(const std::string& folder,
                             const std::string& network = "test-net") {
  auto made = finished{{"init", "--home", folder, "--network", network,
                        "--moniker", "the \\node"}};
  REQUIRE_MESSAGE(made.status == 0, made.errors);
  auto shown = finished{{"show-node-id", "--home=" + folder}};
  REQUIRE(shown.status == 0);
  REQUIRE(shown.output.size() == 41);
  return shown.output.substr(0, 40);
}

/// What makes a node leave the channel of peer exchange to others, where it
/// would take it for itself.
inline words without_pex() {
  return {"--pex=false"};
}

/// A node that takes questions of peer exchange, and never answers any.
inline words silent_about_peers() {
  auto result = without_pex();
  result.push_back("--sink=0x00");
  return result;
}

/// A node in a process of its own that listens on loopback. Unless it has other
/// channels, it has one that nobody uses.
struct node_process {
  explicit node_process(const std::string& home, const words& more = {},
                        const std::string& port = "0")
    : process(command(home, more, port)) {
    auto event = process.event("listening");
    auto endpoint = event.at("endpoint").get<std::string>();
    host_and_port = endpoint.substr(endpoint.find("//") + 2);
    address = event.at("node_id").get<std::string>() + "@" + host_and_port;
  }

  static words command(const std::string& home, const words& more,
                       const std::string& port) {
    words result{"start", "--home", home, "--json",
                 "--listen=mconn://127.0.0.1:" + port};
    result.insert(result.end(), more.begin(), more.end());
    const auto chooses = [](const std::string& word) {
      return word.starts_with("--echo") || word.starts_with("--sink");
    };
    if (std::none_of(more.begin(), more.end(), chooses))
      result.push_back("--sink=0x7f");
    return troupe_command(result);
  }

  [[nodiscard]] std::string port() const {
    return host_and_port.substr(host_and_port.rfind(':') + 1);
  }

  /// Ends the node the way an operator does.
  void stop() {
    process.signal(SIGTERM);
    process.event("stopped");
    CHECK(process.wait() == 0);
    CHECK(process.errors() == "");
  }

  child process;
  std::string host_and_port;
  std::string address;
};

} // namespace troupe::test
