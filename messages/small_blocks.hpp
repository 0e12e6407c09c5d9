// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>

namespace troupe {

// Memory for the bodies of small messages on their way out. Each thread keeps
// some of what comes back, in lists by size: what a reactor allocates hundreds
// of, a connection on the same thread releases a moment later, and a general
// heap would join all of it and cut it up again.

/// Larger blocks are ordinary memory.
inline constexpr size_t small_block_max = size_t{2} * 1024;

/// Sizes of blocks are multiples of this.
inline constexpr size_t small_block_step = 64;

/// Most free bytes that a thread keeps, of one size and of all.
inline constexpr size_t small_blocks_kept_of_size = size_t{128} * 1024;
inline constexpr size_t small_blocks_kept = size_t{512} * 1024;

/// Returns the size of the block for `size` bytes.
constexpr size_t small_block_size(size_t size) noexcept {
  return (size + small_block_step - 1) / small_block_step * small_block_step;
}

/// Returns `size` bytes that hold anything, suitable for any object. Throws
/// `std::bad_alloc`.
[[nodiscard]] std::byte* allocate_small(size_t size);

/// Takes back what `allocate_small` returned for the same size. Any thread may.
void free_small(std::byte* where, size_t size) noexcept;

/// Free bytes that the calling thread keeps.
[[nodiscard]] size_t free_small_bytes() noexcept;

/// Lets standard containers and shared pointers take such blocks.
template <class T>
struct small_allocator {
  using value_type = T;

  static_assert(alignof(T) <= alignof(std::max_align_t));

  small_allocator() noexcept = default;

  // Containers ask for the conversion.
  template <class U>
  small_allocator(small_allocator<U>) noexcept {} // NOLINT

  [[nodiscard]] T* allocate(size_t count) {
    return reinterpret_cast<T*>(allocate_small(count * sizeof(T)));
  }

  void deallocate(T* where, size_t count) noexcept {
    free_small(reinterpret_cast<std::byte*>(where), count * sizeof(T));
  }

  friend bool operator==(small_allocator, small_allocator) noexcept {
    return true;
  }
};

} // namespace troupe
