// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/book/location_index.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/dial_queue.hpp"

namespace troupe {

/// Who may be dialed, and from when on: those whom limits count in one queue,
/// those whom they do not in another.
class dial_order {
public:
  /// Puts a peer where it belongs, or out, after its record or what goes on
  /// has changed.
  void place(const node_id& id, peer_record& peer,
             const location_index& locations);

  /// Takes a peer out that is about to be forgotten.
  void remove(const node_id& id, peer_record& peer);

  /// Time has passed. Does not go back.
  void advance(time_point now);

  [[nodiscard]] const dial_queue& counted() const {
    return counted_;
  }

  [[nodiscard]] const dial_queue& uncounted() const {
    return uncounted_;
  }

private:
  dial_queue& queue_of(const peer_record& peer);

  dial_queue uncounted_;
  dial_queue counted_;
};

} // namespace troupe
