// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/path_size.hpp"

#include <algorithm>

namespace troupe {

void path_size::look(std::optional<time_point> waiting_since, duration probe,
                     time_point now) {
  if (small_until_ && now >= *small_until_)
    small_until_.reset();
  const auto patience = std::max(patience_min, patience_probes * probe);
  if (small_until_ || most_ <= least || !waiting_since
      || now - *waiting_since < patience)
    return;
  small_until_ = now + retry_;
  retry_ = std::min(2 * retry_, retry_max);
}

} // namespace troupe
