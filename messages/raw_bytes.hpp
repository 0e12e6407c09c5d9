// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace troupe {

/// Size of the blocks of memory that large buffers of the network are, whatever
/// their own size.
inline constexpr size_t raw_block_size = size_t{264} * 1024;

/// Buffers of less than this are ordinary memory.
inline constexpr size_t raw_block_min = size_t{64} * 1024;

/// Most free blocks that the process keeps, 2 MiB in total. Memory of the
/// operating system comes page by page and zeroed, which takes as long as
/// filling the buffer.
inline constexpr size_t raw_blocks_kept = 8;

/// Returns `size` bytes that hold anything.
[[nodiscard]] std::byte* allocate_raw(size_t size);

/// Takes back what `allocate_raw` returned for the same size. Any thread may.
void free_raw(std::byte* where, size_t size) noexcept;

/// How many free blocks the process keeps now.
[[nodiscard]] size_t free_raw_blocks() noexcept;

/// Leaves new elements of a vector as they are in memory, where a vector would
/// write zeros, and shares large blocks among all vectors of the process.
template <class T>
struct raw_allocator {
  static_assert(sizeof(T) == 1);

  using value_type = T;

  [[nodiscard]] T* allocate(size_t size) {
    return allocate_raw(size);
  }

  void deallocate(T* where, size_t size) noexcept {
    free_raw(where, size);
  }

  template <class U>
  void construct(U* where) noexcept {
    ::new (static_cast<void*>(where)) U;
  }

  template <class U, class... Ts>
  void construct(U* where, Ts&&... xs) {
    ::new (static_cast<void*>(where)) U(std::forward<Ts>(xs)...);
  }

  friend bool operator==(raw_allocator, raw_allocator) noexcept {
    return true;
  }
};

/// Bytes of our own that grow without being zeroed: buffers of the network,
/// which are filled anyway.
using raw_bytes = std::vector<std::byte, raw_allocator<std::byte>>;

} // namespace troupe
