// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/token_bucket.hpp"

namespace troupe {

/// What the clients of an HTTP server can have of it.
struct http_limits {
  /// Most connections at once. Above, the one that has been idle for longest
  /// makes way; where none is idle, the new one ends.
  size_t max_connections = 32;

  /// Most connections among them that follow a stream.
  size_t max_streams = 8;

  /// How much memory a connection has for its headers; what is longer is
  /// refused.
  size_t header_size_max = 16 * 1024;

  size_t body_size_max = 64 * 1024;

  /// Most bytes that wait for a slow reader of a stream.
  size_t stream_size_max = 256 * 1024;

  /// How long a connection may stay without a complete request.
  duration idle_time = std::chrono::seconds{15};

  /// How long a request may take, from its headers until all of its answer is
  /// with the client's kernel.
  duration request_time = std::chrono::seconds{20};

  /// How long the reader of a stream may take nothing.
  duration stream_time = std::chrono::seconds{30};

  /// Connections that are accepted, and requests that are answered.
  rate_limit accept_rate = {100, 200};
  rate_limit request_rate = {100, 200};
};

} // namespace troupe
