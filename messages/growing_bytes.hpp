// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "troupe/messages/bytes.hpp"

namespace troupe {

/// Bytes of our own that arrive piece by piece: the body of a message.
///
/// Large ones are pages of their own. They grow without being copied, pages
/// that nothing was written to take no memory, and the system has all of them
/// back at once. From the heap, each message of megabytes would leave holes
/// that no other one fits into, and the process would keep them.
class growing_bytes {
public:
  /// From this capacity on, bytes are pages of their own.
  static constexpr size_t paged_min = size_t{256} * 1024;

  growing_bytes() noexcept = default;

  // NOLINTNEXTLINE(google-explicit-constructor): the same, elsewhere
  growing_bytes(byte_view content) {
    append(content);
  }

  // NOLINTNEXTLINE(google-explicit-constructor): the same, elsewhere
  growing_bytes(const bytes& content) : growing_bytes(byte_view{content}) {}

  growing_bytes(const growing_bytes& other)
    : growing_bytes(byte_view{other.data_, other.size_}) {}

  growing_bytes(growing_bytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

  growing_bytes& operator=(growing_bytes other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  ~growing_bytes() {
    if (data_ != nullptr)
      change_capacity(0);
  }

  [[nodiscard]] const std::byte* data() const noexcept {
    return data_;
  }

  [[nodiscard]] size_t size() const noexcept {
    return size_;
  }

  [[nodiscard]] bool empty() const noexcept {
    return size_ == 0;
  }

  [[nodiscard]] const std::byte* begin() const noexcept {
    return data_;
  }

  [[nodiscard]] const std::byte* end() const noexcept {
    return data_ + size_;
  }

  /// Bytes that are set aside; whole pages if there are many.
  [[nodiscard]] size_t capacity() const noexcept {
    return capacity_;
  }

  /// Sets aside at least that many bytes. Throws `std::bad_alloc`.
  void reserve(size_t capacity);

  /// Adds bytes behind the others, which must not be its own. What is set aside
  /// grows by a quarter at a time. Throws `std::bad_alloc`.
  void append(byte_view content);

  /// Gives back what is set aside beyond its size, where that is much.
  void shrink_to_fit();

  friend bool operator==(const growing_bytes& a, const growing_bytes& b);

private:
  /// To no less than its size. 0: gives everything back.
  void change_capacity(size_t capacity);

  std::byte* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

} // namespace troupe
