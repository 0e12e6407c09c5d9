// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "troupe/actors/operator/http_limits.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/token_bucket.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Takes connections from a listening socket, no faster than a rate, and pauses
/// where the process is out of descriptors: the HTTP library would spin there.
class http_acceptor {
public:
  /// @param listener has to outlive the acceptor.
  http_acceptor(int listener, const http_limits& limits, time_point now);

  /// Whether nobody is accepted before `resumes_at`.
  [[nodiscard]] bool pauses(time_point now) const {
    return now < resumes_at_;
  }

  [[nodiscard]] time_point resumes_at() const {
    return resumes_at_;
  }

  /// The socket that waits for connections.
  [[nodiscard]] int listener() const {
    return listener_;
  }

  /// Takes a connection, if one waits and may come now.
  std::optional<unique_socket> next(time_point now);

private:
  int listener_;
  rate_limit rate_;
  token_bucket bucket_;
  time_point resumes_at_ = {};
};

} // namespace troupe
