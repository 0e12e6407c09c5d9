// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "troupe/actors/operator/http_message.hpp"

namespace troupe {

/// Where the answers to the requests of an HTTP server go. All functions may be
/// called from any thread, never block for long, and do nothing for a request
/// that is over.
class http_desk {
public:
  virtual ~http_desk() = default;

  /// Answers a request.
  virtual void answer(uint64_t request, http_response what) = 0;

  /// Answers a request with a stream of lines. @returns `false` if it is over.
  virtual bool stream(uint64_t request) = 0;

  /// Adds a line to a stream, or drops it, if its reader does not keep up.
  /// @returns `false` if the stream is over.
  virtual bool push(uint64_t request, std::string line) = 0;

  /// Ends a stream behind what it holds.
  virtual void end(uint64_t request) = 0;

  /// Nobody will answer any more: what was not answered is refused, as is all
  /// that comes.
  virtual void close() = 0;
};

} // namespace troupe
