// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/samples/gossip/gossip.hpp"

namespace mempool {

/// A transaction, on the wire as text: `alice 3 17` is alice's third one, which
/// pays 17.
struct transaction {
  std::string sender;
  uint64_t nonce = 0;
  uint64_t fee = 0;

  /// @returns nothing for any other text.
  static std::optional<transaction> parse(const std::string& text);
};

/// Transactions that wait for a block: one of each sender and nonce. When there
/// are too many, the one that pays least goes.
class pool {
public:
  explicit pool(size_t size_max) : size_max_(size_max) {}

  /// Takes a transaction, and says what is to become of it.
  troupe::gossip_verdict add(const transaction& what);

  /// By sender and nonce.
  [[nodiscard]] const std::map<std::pair<std::string, uint64_t>, uint64_t>&
  fees() const {
    return fees_;
  }

private:
  size_t size_max_;
  std::map<std::pair<std::string, uint64_t>, uint64_t> fees_;
};

/// Options of a mempool.
struct mempool_options {
  size_t size_max = 10'000;

  troupe::gossip_options gossip
      = {.topics = {"transactions"}, .content_max = 256};

  /// Called with the pool whenever it has changed.
  std::function<void(const pool&)> on_change = {};
};

/// Spawns a reactor that collects transactions of all nodes. Ends with its
/// node. Takes a transaction of our own as `(caf::put_atom, std::string)`, and
/// answers with nothing, or an error.
caf::actor spawn_mempool(caf::actor_system& sys, const troupe::node& home,
                         mempool_options options = {});

} // namespace mempool
