// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_body.hpp"

#include <algorithm>
#include <memory>
#include <span>

namespace troupe {

message_body::message_body() {
  static const auto nothing = std::make_shared<const bytes>();
  content_ = nothing;
}

void message_body::assign(const std::vector<uint8_t>& content) {
  auto raw = std::as_bytes(std::span{content});
  content_ = std::make_shared<const bytes>(raw.begin(), raw.end());
}

void message_body::copy_to(std::vector<uint8_t>& content) const {
  content.resize(content_->size());
  std::ranges::copy(*content_,
                    std::as_writable_bytes(std::span{content}).begin());
}

} // namespace troupe
