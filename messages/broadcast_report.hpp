// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// What became of a broadcast, in numbers of peers. Peers that do not have the
/// channel are not among them.
struct broadcast_report {
  /// Whose connections took the message.
  uint64_t taken = 0;

  /// Who does not get it, by reason: `queue_full` if there was no room or it
  /// had to make room, `not_connected` if the peer went first.
  std::map<errc, uint64_t> refused = {};

  friend bool operator==(const broadcast_report&, const broadcast_report&)
      = default;
};

template <class Inspector>
bool inspect(Inspector& f, broadcast_report& x) {
  return f.object(x).fields(f.field("taken", x.taken),
                            f.field("refused", x.refused));
}

} // namespace troupe
