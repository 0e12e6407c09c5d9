// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "troupe/messages/node_address.hpp"

namespace troupe {

/// Where we found ourselves: a dial there was answered with our own key. Other
/// nodes may know us by an old ID and tell everybody, us among them.
class self_addresses {
public:
  /// Most locations that are remembered; the oldest is forgotten first. A node
  /// has few of its own, but a relay to us can stand anywhere.
  static constexpr size_t max_size = 64;

  void learn(const node_address& address);

  [[nodiscard]] bool contains(const node_address& address) const;

  [[nodiscard]] size_t size() const {
    return content_.size();
  }

private:
  std::deque<std::string> content_;
};

} // namespace troupe
