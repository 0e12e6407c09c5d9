// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/transport/mconn/byte_stream_actor.hpp"

namespace troupe {

/// The short way into the network, past the actor of a byte stream: it spares
/// an idle connection two threads that wake each other for every burst. Safe to
/// use from any thread, also once the stream has ended.
class stream_outlet {
public:
  stream_outlet() = default;

  stream_outlet(const stream_outlet&) = delete;

  stream_outlet& operator=(const stream_outlet&) = delete;

  virtual ~stream_outlet() = default;

  /// Writes what the network takes at once. Only while the stream has nothing
  /// to write, as far as it has acknowledged. The rest is for the stream, which
  /// also finds out what is wrong if nothing was taken.
  /// @returns the number of bytes that are written.
  virtual size_t write(byte_view data) = 0;
};

/// A byte stream as a connection gets it.
struct byte_stream {
  /// A stream that is reached by its actor only.
  // NOLINTNEXTLINE(google-explicit-constructor): a stream is its actor.
  byte_stream(byte_stream_actor its_actor,
              std::shared_ptr<stream_outlet> its_outlet = nullptr)
    : actor(std::move(its_actor)),
      outlet(std::move(its_outlet)) {}

  byte_stream_actor actor;
  std::shared_ptr<stream_outlet> outlet; // Null if there is none.
};

} // namespace troupe
