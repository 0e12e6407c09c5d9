// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_body.hpp"

#include <memory>
#include <span>

namespace troupe {

message_body::message_body() {
  static const auto nothing = std::make_shared<const bytes>();
  content_ = nothing;
}

void message_body::assign(std::string_view content) {
  auto raw = std::as_bytes(std::span{content});
  content_ = std::make_shared<const bytes>(raw.begin(), raw.end());
}

std::string message_body::copy() const {
  return {reinterpret_cast<const char*>(content_->data()), content_->size()};
}

} // namespace troupe
