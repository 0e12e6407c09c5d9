// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::versus {

/// What is measured: the command line calls it LEVEL.
struct level {
  /// Connections of the transport with nothing above them.
  bool connections = false;

  /// Which transport that is, or that of the nodes: `mconn` or `quic`.
  std::string protocol = "mconn";

  /// With the rates that a node has by default.
  bool default_limits = false;

  /// With the ten channels of a CometBFT node.
  bool many_channels = false;

  /// With thirteen channels besides the three that are measured.
  bool wide = false;

  /// With reactors that take what arrives in batches.
  bool batches = false;
};

/// Reads a level: `conn`, `node`, `batch`, `many` or `wide`, then `-quic` and
/// `-default` as needed.
inline level level_from(std::string_view text) {
  auto has = [text](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  return {.connections = text.starts_with("conn"),
          .protocol = has("-quic") ? "quic" : "mconn",
          .default_limits = has("-default"),
          .many_channels = text.starts_with("many"),
          .wide = text.starts_with("wide"),
          .batches = text.starts_with("batch")};
}

} // namespace troupe::versus
