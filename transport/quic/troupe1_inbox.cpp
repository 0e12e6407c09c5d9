// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_inbox.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "troupe/transport/read_window.hpp"

namespace troupe {

troupe1_inbox::troupe1_inbox(channel_id channel, const channel_descriptor* open)
  : channel_(channel),
    open_(open != nullptr),
    capacity_(open_ ? open->recv_message_capacity
                    : std::numeric_limits<size_t>::max()) {}

errc troupe1_inbox::receive(byte_view data, inbound_batch& out) {
  if (!waiting_.empty()) {
    const auto before = waiting_.size();
    waiting_.resize(before + data.size());
    std::ranges::copy(data, waiting_.begin() + static_cast<ptrdiff_t>(before));
    return advance(out);
  }
  const auto result = consume(data, out);
  waiting_.assign(data.begin(), data.end());
  return result;
}

errc troupe1_inbox::advance(inbound_batch& out) {
  auto input = byte_view{waiting_};
  const auto result = consume(input, out);
  if (input.empty())
    // Its memory, too, which a mere `{}` would leave.
    waiting_ = bytes{};
  else
    waiting_.erase(waiting_.begin(),
                   waiting_.end() - static_cast<ptrdiff_t>(input.size()));
  return result;
}

errc troupe1_inbox::consume(byte_view& input, inbound_batch& out) {
  const auto before = input.size();
  auto result = errc::none;
  while (!input.empty() && has_window() && result == errc::none)
    result = parse(input, out);
  consumed_ += before - input.size();
  return result;
}

errc troupe1_inbox::parse(byte_view& input, inbound_batch& out) {
  if (!missing_)
    if (auto code = read_length(input); code != errc::none || !missing_)
      return code;
  const auto part = input.first(std::min(input.size(), *missing_));
  input = input.subspan(part.size());
  if (open_)
    body_.append(part);
  *missing_ -= part.size();
  arrived_ += part.size();
  if (*missing_ == 0)
    complete(out);
  return errc::none;
}

errc troupe1_inbox::read_length(byte_view& input) {
  while (!input.empty()) {
    const auto status = length_.feed(input[0]);
    input = input.subspan(1);
    if (status == uvarint_status::overflow)
      return errc::malformed_packet;
    if (status == uvarint_status::incomplete)
      continue;
    if (length_.value() > capacity_)
      return errc::oversized_message;
    missing_ = static_cast<size_t>(length_.value());
    arrived_ = 0;
    length_.reset();
    if (open_)
      body_.reserve(std::min(*missing_, max_headroom));
    break;
  }
  return errc::none;
}

void troupe1_inbox::complete(inbound_batch& out) {
  missing_.reset();
  ++completed_;
  if (!open_) {
    ++skipped_;
    return;
  }
  window_used_ += read_cost(body_.size());
  body_.shrink_to_fit();
  out.push_back({channel_, std::exchange(body_, {})});
}

size_t troupe1_inbox::take_consumed() noexcept {
  return std::exchange(consumed_, 0);
}

uint32_t troupe1_inbox::take_skipped() noexcept {
  return std::exchange(skipped_, 0);
}

void troupe1_inbox::give_back(size_t cost) noexcept {
  window_used_ -= std::min(cost, window_used_);
}

void troupe1_inbox::ignore() noexcept {
  open_ = false;
  body_ = {};
  window_used_ = 0;
}

bool troupe1_inbox::has_window() const noexcept {
  return window_used_ < connection_read_window;
}

} // namespace troupe
