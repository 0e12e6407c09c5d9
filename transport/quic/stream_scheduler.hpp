// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/stream_action.hpp"

namespace troupe {

/// Says which stream of a connection sends next, as `packet_scheduler` does for
/// the channels of MConnection: among those that are ready, the one that has
/// recently sent the fewest bytes in proportion to its weight; ties go to the
/// one that was opened first. Streams of one group count as one, however many
/// there are: a stream has sent little while it is new. What counts as recent
/// fades by a fifth every two seconds.
class stream_scheduler {
public:
  /// How often the memory of bytes sent fades.
  static constexpr duration decay_interval = std::chrono::seconds{2};

  /// Adds a stream, not ready, or changes its weight.
  /// @param weight at least 1; with a group, that of the group.
  /// @param group absent: the stream is on its own. Groups are not forgotten,
  ///              so that there are to be few.
  void add(stream_id stream, int weight, std::optional<int> group = {});

  /// Forgets a stream; nothing happens if there is none.
  void remove(stream_id stream);

  /// Says whether a stream could send.
  void set_ready(stream_id stream, bool ready);

  /// Returns whose turn it is; nothing if no stream is ready.
  [[nodiscard]] std::optional<stream_id> next(time_point now);

  /// Notes what a stream has sent.
  void sent(stream_id stream, size_t size);

private:
  struct share {
    float weight = 1;
    uint64_t recently_sent = 0;
  };

  struct entry {
    share own = {};
    share* counted = nullptr; // Its own, or that of its group.
    bool ready = false;
  };

  void decay(time_point now);

  std::map<stream_id, entry> entries_;
  std::map<int, share> groups_;
  std::optional<time_point> last_decay_;
};

} // namespace troupe
