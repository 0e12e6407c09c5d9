// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::bench {

/// What to do to a node.
struct raid {
  /// One of those in README.md.
  std::string kind;
  uint16_t port = 0;
  /// Connections.
  size_t count = 1;
  std::chrono::milliseconds span{0};
};

/// Attacks a node from this process. Prints a line with the number of
/// connections once they are there, and one that sums up, which begins with the
/// number of messages that were begun, or of connections that got as far as
/// they should.
/// @returns `false` if there is no such raid.
bool attack(const raid& what);

/// The same over UDP, with the raids in `raids_over_udp.cpp`. Those in which
/// nobody shows that he is where he says he is print one line more: how many
/// bytes came back for each that was sent, at the worst.
bool attack_over_udp(const raid& what);

} // namespace troupe::bench
