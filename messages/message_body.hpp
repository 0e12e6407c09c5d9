// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "troupe/messages/content_field.hpp"
#include "troupe/messages/shared_bytes.hpp"

namespace troupe {

/// A message as it goes over the wire, marshalled once. Immutable, and copies
/// share it.
class message_body {
public:
  /// Constructs an empty body, which is a message, too.
  message_body();

  /// @pre there is a `content`.
  explicit message_body(shared_bytes content) : content_(std::move(content)) {}

  [[nodiscard]] const shared_bytes& share() const noexcept {
    return content_;
  }

  [[nodiscard]] size_t size() const noexcept {
    return content_.size();
  }

  template <class Inspector>
  friend bool inspect(Inspector& f, message_body& x) {
    std::string content;
    if constexpr (!Inspector::is_loading)
      content = x.copy();
    content_field field{content};
    if (!f.object(x).fields(f.field("content", field)))
      return false;
    if constexpr (Inspector::is_loading)
      x.assign(content);
    return true;
  }

private:
  void assign(std::string_view content);
  [[nodiscard]] std::string copy() const;

  shared_bytes content_;
};

} // namespace troupe
