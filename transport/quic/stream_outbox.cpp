// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/stream_outbox.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace troupe {

void stream_outbox::add(bytes head, shared_bytes body) {
  assert(!finished_);
  push({std::move(head), {}});
  if (body)
    push({{}, std::move(body)});
}

void stream_outbox::push(piece what) {
  const auto size = what.view().size();
  if (size == 0)
    return;
  held_ += size;
  unsent_ += size;
  pieces_.push_back(std::move(what));
}

size_t stream_outbox::next(std::span<byte_view> out) const {
  size_t count = 0;
  auto skip = offset_;
  for (auto i = current_; i < pieces_.size() && count < out.size(); ++i) {
    out[count++] = pieces_[i].view().subspan(skip);
    skip = 0;
  }
  return count;
}

void stream_outbox::sent(size_t size, bool fin) {
  assert(size <= unsent_);
  unsent_ -= size;
  total_sent_ += size;
  while (size > 0) {
    const auto part = std::min(size, pieces_[current_].view().size() - offset_);
    offset_ += part;
    size -= part;
    if (offset_ == pieces_[current_].view().size()) {
      ++current_;
      offset_ = 0;
    }
  }
  fin_sent_ = fin_sent_ || fin;
}

void stream_outbox::acknowledged(size_t size) {
  assert(size <= unacknowledged());
  held_ -= size;
  acked_ += size;
  while (!pieces_.empty() && acked_ >= pieces_.front().view().size()) {
    acked_ -= pieces_.front().view().size();
    pieces_.pop_front();
    --current_;
  }
}

} // namespace troupe
