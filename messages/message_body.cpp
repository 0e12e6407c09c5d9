// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_body.hpp"

#include <span>

namespace troupe {

message_body::message_body() {
  static const auto nothing = shared_bytes{byte_view{}};
  content_ = nothing;
}

void message_body::assign(std::string_view content) {
  content_ = shared_bytes{std::as_bytes(std::span{content})};
}

std::string message_body::copy() const {
  return {reinterpret_cast<const char*>(content_.data()), content_.size()};
}

} // namespace troupe
