// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <caf/actor_system.hpp>

#include "child.hpp"
#include "troupe/actors/node/node.hpp"

namespace troupe::bench {

/// Options of the nodes of a siege: nobody is kept out, whoever comes and
/// however often, so that what they do afterwards is what counts.
node_options siege_options(const node_key& key,
                           const std::string& protocol = "mconn");

/// Memory and log of a node.
struct node_state {
  size_t resident_kib = 0;
  /// Most since `forget_peak`.
  size_t resident_peak_kib = 0;
  /// What the program has allocated.
  size_t heap_bytes = 0;
  size_t log_lines = 0;
};

/// A node in another process, which answers pings.
class fortress {
public:
  explicit fortress(const std::string& protocol = "mconn");

  /// `PROTOCOL://ID@127.0.0.1:PORT`.
  [[nodiscard]] const std::string& address() const noexcept {
    return address_;
  }

  [[nodiscard]] uint16_t port() const;

  node_state look();

  void forget_peak();

private:
  child process_;
  std::string address_;
  std::string pid_;
};

/// What the other process does: runs the node, tells its state when asked, and
/// does not return. Signals have to be blocked already, see `block_questions`.
[[noreturn]] void hold_fortress(caf::actor_system& sys,
                                const std::string& protocol);

/// Keeps questions about the state for `hold_fortress`. To be called before
/// there are threads.
void block_questions();

} // namespace troupe::bench
