// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/delimited_reader.hpp"

#include <algorithm>
#include <cassert>

namespace troupe {

errc delimited_reader::consume(byte_view& input) {
  if (state_ == state::length)
    if (auto code = read_length(input); code != errc::none)
      return code;
  if (state_ == state::body)
    read_body(input);
  return error_;
}

bytes delimited_reader::take() {
  assert(complete());
  auto result = std::move(body_);
  reset();
  return result;
}

void delimited_reader::reset() noexcept {
  length_ = 0;
  body_ = {};
  decoder_.reset();
  error_ = errc::none;
  state_ = state::length;
}

errc delimited_reader::read_length(byte_view& input) {
  while (!input.empty()) {
    auto status = decoder_.feed(input.front());
    input = input.subspan(1);
    if (status == uvarint_status::incomplete)
      continue;
    if (status == uvarint_status::overflow)
      return fail(malformed_);
    if (decoder_.value() > max_body_)
      return fail(too_large_);
    length_ = static_cast<size_t>(decoder_.value());
    state_ = state::body;
    break;
  }
  return errc::none;
}

void delimited_reader::read_body(byte_view& input) {
  auto part = input.first(std::min(length_ - body_.size(), input.size()));
  body_.insert(body_.end(), part.begin(), part.end());
  input = input.subspan(part.size());
  if (body_.size() == length_)
    state_ = state::complete;
}

errc delimited_reader::fail(errc code) noexcept {
  error_ = code;
  state_ = state::failed;
  return code;
}

} // namespace troupe
