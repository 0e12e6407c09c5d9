// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/small_blocks.hpp"

namespace troupe {

/// An immutable message body that many queues may hold at once: a broadcast
/// marshals once and shares the result. One block of memory, or none.
class shared_bytes {
public:
  /// Constructs no bytes at all, which is not the same as an empty body.
  shared_bytes() noexcept = default;

  /// Copies `content`, which may be empty.
  explicit shared_bytes(byte_view content)
    : shared_bytes(content.size(), [content](byte_span out) {
        std::copy(content.begin(), content.end(), out.begin());
      }) {}

  /// Has `fill` write all of `size` bytes, which hold anything before.
  template <class Fill>
  shared_bytes(size_t size, Fill fill) : size_(size) {
    auto data = std::allocate_shared_for_overwrite<std::byte[]>(
        small_allocator<std::byte>{}, size);
    fill(byte_span{data.get(), size});
    data_ = std::move(data);
  }

  shared_bytes(const shared_bytes&) = default;

  shared_bytes(shared_bytes&& other) noexcept
    : data_(std::move(other.data_)),
      size_(std::exchange(other.size_, 0)) {}

  shared_bytes& operator=(shared_bytes other) noexcept {
    data_ = std::move(other.data_);
    size_ = other.size_;
    return *this;
  }

  ~shared_bytes() = default;

  /// Whether there is a body.
  explicit operator bool() const noexcept {
    return data_ != nullptr;
  }

  [[nodiscard]] const std::byte* data() const noexcept {
    return data_.get();
  }

  [[nodiscard]] size_t size() const noexcept {
    return size_;
  }

  [[nodiscard]] const std::byte* begin() const noexcept {
    return data();
  }

  [[nodiscard]] const std::byte* end() const noexcept {
    return data() + size_;
  }

  // These compare the content.

  friend bool operator==(const shared_bytes& a, byte_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  friend bool operator==(const shared_bytes& a,
                         const shared_bytes& b) noexcept {
    return a == byte_view{b};
  }

private:
  std::shared_ptr<const std::byte[]> data_;
  size_t size_ = 0;
};

} // namespace troupe
