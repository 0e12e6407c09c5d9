// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include <caf/type_id.hpp>

#include "troupe/messages/property.hpp"
#include "troupe/messages/raw_bytes.hpp"
#include "troupe/transport/mconn/byte_stream.hpp"

namespace troupe {

/// What a connection has on its way into the network: with its byte stream, or
/// written past it.
///
/// Its actor passes on what the stream acknowledges as `written`, and gets
/// `caf::flush_atom` from itself, for `flushed`, behind what was written past
/// the stream. That counts as in flight until then, so that what has come
/// meanwhile is looked at first: small messages share frames then as they do
/// behind a busy stream.
template <class Self>
class stream_outflow {
public:
  stream_outflow(Self self, byte_stream to) : self_(self), to_(std::move(to)) {}

  /// Bytes that are not acknowledged.
  [[nodiscard]] size_t in_flight() const noexcept {
    return with_stream_ + past_stream_;
  }

  /// A stream with nothing to write is not even asked.
  void write(raw_bytes data) {
    if (to_.outlet && with_stream_ == 0) {
      const auto count = to_.outlet->write(data);
      sometimes<"troupe: a burst goes past its byte stream in part">(
          count > 0 && count < data.size());
      if (count > 0 && std::exchange(past_stream_, past_stream_ + count) == 0)
        self_->send(self_, caf::flush_atom_v);
      if (count == data.size())
        return;
      data.erase(data.begin(), data.begin() + static_cast<ptrdiff_t>(count));
    }
    with_stream_ += data.size();
    self_->send(to_.actor, send_atom_v, std::move(data));
  }

  void written(size_t count) noexcept {
    with_stream_ -= std::min(count, with_stream_);
  }

  void flushed() noexcept {
    past_stream_ = 0;
  }

private:
  Self self_;
  byte_stream to_;
  size_t with_stream_ = 0;
  size_t past_stream_ = 0; // Since we last looked at what came.
};

} // namespace troupe
