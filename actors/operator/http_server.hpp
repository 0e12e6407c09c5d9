// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "troupe/actors/operator/http_desk.hpp"
#include "troupe/actors/operator/http_limits.hpp"
#include "troupe/actors/operator/http_message.hpp"
#include "troupe/actors/operator/line_stream.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// An HTTP server on a thread of its own, over GNU libmicrohttpd. It knows
/// nothing of nodes: requests go to a handler, and answers come from anywhere,
/// through a desk.
///
/// Whoever connects can have no more of it than `http_limits` says.
class http_server {
public:
  /// Called on the server's thread with a complete request. Must not block; the
  /// answer goes to the desk, under this number.
  using handler = std::function<void(uint64_t request, http_request what)>;

  /// @param listener a socket that listens, has to outlive this.
  /// @param lost tells the reader of a stream how many lines are missing.
  /// @returns `cannot_listen` if the system is out of descriptors or memory.
  static result<std::unique_ptr<http_server>>
  make(int listener, const http_limits& limits, line_stream::notice lost);

  http_server(const http_server&) = delete;

  http_server& operator=(const http_server&) = delete;

  /// Ends streams behind what they hold, within a second, and everything else.
  ~http_server();

  [[nodiscard]] std::shared_ptr<http_desk> desk() const;

  /// Begins to serve. To be called once.
  void start(handler on_request);

private:
  class impl;

  explicit http_server(std::unique_ptr<impl> inside);

  std::unique_ptr<impl> impl_;
};

} // namespace troupe
