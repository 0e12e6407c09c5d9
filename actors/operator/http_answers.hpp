// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <microhttpd.h>
#include <sys/types.h>

#include "troupe/actors/operator/http_clients.hpp"
#include "troupe/actors/operator/http_mail.hpp"
#include "troupe/transport/admission/token_bucket.hpp"

namespace troupe {

/// The way of a request, from its first line to the last byte of its answer. It
/// runs on the thread of the HTTP server, as libmicrohttpd calls it.
class http_answers {
public:
  /// Gets a complete request.
  using handler = std::function<void(uint64_t request, http_request what)>;

  using clock = time_point (*)();

  /// @param clients has to outlive this.
  http_answers(const http_limits& limits, http_clients& clients,
               std::shared_ptr<http_mail> mail, clock now);

  /// To be called before the first request.
  void handle_with(handler on_request) {
    handler_ = std::move(on_request);
  }

  /// Gives clients what others have left for them.
  void take_news();

  // -- what the library calls -------------------------------------------------

  /// The first line of a request is there.
  void target(http_client& who, const char* what);

  /// Headers are there, or a part of the body, or all of a request, or its
  /// answer: whatever comes next is done.
  MHD_Result proceed(http_client& who, const char* method, const char* data,
                     size_t& size);

  /// The answer is on its way in full.
  void completed(http_client& who);

  /// The present request is over.
  void forget(http_client& who);

private:
  struct stream_reader {
    http_answers* self;
    http_connections::key key;
  };

  void begin_stream(http_client& who);

  MHD_Result begin(http_client& who, const char* method);

  MHD_Result receive(http_client& who, const char* data, size_t& size) const;

  MHD_Result go_on(http_client& who);

  MHD_Result respond_with_stream(http_client& who);

  static ssize_t on_read(void* context, uint64_t, char* out, size_t size);

  static void on_read_end(void* context);

  ssize_t read(http_client& who, std::span<char> out);

  http_limits limits_;
  http_clients& clients_;
  std::shared_ptr<http_mail> mail_;
  clock now_;
  token_bucket requests_;
  handler handler_;
  bool closed_ = false;
};

} // namespace troupe
