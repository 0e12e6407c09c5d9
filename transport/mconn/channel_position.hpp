// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "troupe/messages/channel_descriptor.hpp"

namespace troupe {

/// Returns the position of a channel among those of a connection, which have an
/// `id`; their number if it is not among them. They are few: looking at all of
/// them takes less time than an index of all numbers would take memory.
/// @param guess where it probably is: where the one before was.
template <class Channels>
[[nodiscard]] size_t channel_position(const Channels& channels, channel_id id,
                                      size_t guess = 0) {
  if (guess < channels.size() && channels[guess].id == id)
    return guess;
  return static_cast<size_t>(
      std::find_if(channels.begin(), channels.end(),
                   [id](const auto& x) { return x.id == id; })
      - channels.begin());
}

} // namespace troupe
