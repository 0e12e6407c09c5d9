// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_addr.hpp>

#include "troupe/messages/time.hpp"
#include "troupe/samples/gossip/gossip_options.hpp"
#include "troupe/tests/harness/network.hpp"

namespace troupe::bench {

/// How messages get to everybody.
enum class method {
  /// Everybody sends to all of its peers what it hears for the first time.
  flooding,
  gossip,
};

/// What became of a message.
struct published_message {
  time_point at;
  size_t reached = 0;
  time_point last;
};

/// Messages and bytes on the wire.
struct wire_count {
  uint64_t messages = 0;
  uint64_t bytes = 0;
};

/// A reactor in each node of a network that publishes when it is told to, and
/// counts what arrives.
class publishers {
public:
  /// Adds the reactors to all nodes of `net`, which has to live on.
  publishers(testing::network& net, method how, const gossip_options& options);

  /// Lets a node publish a message of that many bytes, at least 8.
  void publish(size_t node, size_t size);

  /// Forgets what was published and counted so far.
  void begin();

  [[nodiscard]] const std::vector<published_message>& messages() const {
    return *messages_;
  }

  /// What crossed the wire, by the kind of message.
  [[nodiscard]] const std::map<std::string, wire_count>& wire() const {
    return *wire_;
  }

private:
  testing::network& net_;
  std::shared_ptr<std::vector<published_message>> messages_;
  std::shared_ptr<std::map<std::string, wire_count>> wire_;
  std::shared_ptr<std::vector<caf::actor_addr>> reactors_;
  std::shared_ptr<uint64_t> begun_;
};

} // namespace troupe::bench
