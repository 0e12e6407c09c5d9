// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// A message as it goes over the wire, marshalled once. Immutable, and copies
/// share it.
class message_body {
public:
  /// Constructs an empty body, which is a message, too.
  message_body();

  /// @pre `content` is not null.
  explicit message_body(shared_bytes content) : content_(std::move(content)) {}

  [[nodiscard]] const shared_bytes& share() const noexcept {
    return content_;
  }

  [[nodiscard]] size_t size() const noexcept {
    return content_->size();
  }

  template <class Inspector>
  friend bool inspect(Inspector& f, message_body& x) {
    // CAF does not know `std::byte`.
    std::vector<uint8_t> content;
    if constexpr (Inspector::is_loading) {
      if (!f.object(x).fields(f.field("content", content)))
        return false;
      x.assign(content);
      return true;
    } else {
      x.copy_to(content);
      return f.object(x).fields(f.field("content", content));
    }
  }

private:
  void assign(const std::vector<uint8_t>& content);
  void copy_to(std::vector<uint8_t>& content) const;

  shared_bytes content_;
};

} // namespace troupe
