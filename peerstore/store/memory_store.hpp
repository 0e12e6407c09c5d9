// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe {

/// Keeps peers as long as it lives itself: for nodes that start from nothing
/// each time.
class memory_store final : public peer_store {
public:
  result<store_contents> load() override;

  failure commit(const store_changes& changes) override;

  [[nodiscard]] bool blocks() const noexcept override {
    return false;
  }

private:
  std::map<node_id, stored_peer> peers_;
  std::string secret_;
};

} // namespace troupe
