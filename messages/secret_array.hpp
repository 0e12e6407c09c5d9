// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Overwrites `data` with zeros in a way that the compiler does not optimise
/// away. For secrets that are about to lose their owner.
void scrub(byte_span data) noexcept;

/// `Size` bytes of key material that are overwritten when they go away.
template <size_t Size>
class secret_array {
public:
  /// Zeros, to be filled through `span`.
  secret_array() = default;

  explicit secret_array(std::span<const std::byte, Size> from) {
    std::copy(from.begin(), from.end(), content_.begin());
  }

  secret_array(const secret_array&) = default;

  secret_array& operator=(const secret_array&) = default;

  ~secret_array() {
    scrub(content_);
  }

  std::span<std::byte, Size> span() noexcept {
    return content_;
  }

  std::span<const std::byte, Size> span() const noexcept {
    return content_;
  }

private:
  std::array<std::byte, Size> content_{};
};

} // namespace troupe
