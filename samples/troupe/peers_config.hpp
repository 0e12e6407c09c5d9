// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <caf/timespan.hpp>

#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/home.hpp"

namespace troupe::command {

/// The options of `troupe peers`.
struct peers_config : command_config {
  peers_config() : command_config("peers --home DIR [OPTIONS]") {
    options()
        .add(home, "home", "folder that 'troupe init' made")
        .add(socket, "ctl-socket",
             "where the running node's socket is, if not "
             "in the home")
        .add(import_from, "import",
             "file whose addresses the node is to know from now on, whether it "
             "runs or not: CometBFT's addrbook.json, or a list of "
             "ID@HOST:PORT, one a line")
        .add(export_to, "export",
             "file for the addresses that the node knows: an addrbook.json if "
             "its name ends so, else a list")
        .add(verify, "verify",
             "connects to each peer and says which are alive; of a file, only "
             "those are imported")
        .add(network, "network",
             "with --verify: the network that we claim to belong to; default: "
             "that of the home")
        .add(timeout, "timeout", "with --verify: time for each; default: 5s")
        .add(concurrency, "concurrency",
             "with --verify: most at once; default: 32")
        .add(json, "json", "prints each peer as a JSON object, one a line");
  }

  /// Where the node's socket is, if it runs.
  [[nodiscard]] std::filesystem::path socket_path() const {
    return socket.empty() ? command::home{home}.control_socket()
                          : own_path(socket);
  }

  std::string home;
  std::string socket;
  std::string import_from;
  std::string export_to;
  std::string network;
  caf::timespan timeout = std::chrono::seconds{5};
  uint64_t concurrency = 32;
  bool verify = false;
  bool json = false;
};

/// Each does what the options of its name say, and returns the exit status.
int import_peers(peers_config& config);
int export_peers(const peers_config& config);
int verify_peers(peers_config& config);

} // namespace troupe::command
