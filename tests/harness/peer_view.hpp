// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"

namespace troupe::testing {

/// The peers of one node as the peer updates tell, and the rules that these
/// have to keep.
class peer_view {
public:
  /// Takes an update. @returns what is wrong with it, if anything.
  std::optional<std::string> apply(const peer_update& update);

  /// Whether messages reach that peer.
  [[nodiscard]] bool sees(const node_id& peer) const {
    return up_.count(peer) != 0;
  }

  /// The connection to that peer, 0 if there is none.
  [[nodiscard]] uint64_t generation(const node_id& peer) const {
    auto i = up_.find(peer);
    return i != up_.end() ? i->second.generation : 0;
  }

  /// All peers that are up, with their last update.
  [[nodiscard]] const std::map<node_id, peer_update>& up() const {
    return up_;
  }

  /// How many peers went down so far.
  [[nodiscard]] uint64_t downs() const {
    return downs_;
  }

private:
  std::map<node_id, peer_update> up_;
  uint64_t downs_ = 0;
};

} // namespace troupe::testing
