// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/small_blocks.hpp"

#include <array>
#include <cstdlib>

#include "troupe/messages/sanitized.hpp"

namespace troupe {

namespace {

/// What a thread keeps. Without a constructor, so that there is nothing to
/// check at each use.
class kept_blocks {
public:
  void* take(size_t size) noexcept {
    auto& from = lists_[list_of(size)];
    if (from.first == nullptr)
      return nullptr;
    bytes_ -= size;
    from.bytes -= size;
    auto* result = from.first;
    from.first = from.first->next;
    return result;
  }

  bool keep(void* block, size_t size) noexcept {
    auto& to = lists_[list_of(size)];
    if (closed_ || to.bytes + size > small_blocks_kept_of_size
        || bytes_ + size > small_blocks_kept)
      return false;
    bytes_ += size;
    to.bytes += size;
    to.first = new (block) link{to.first};
    return true;
  }

  [[nodiscard]] size_t bytes() const noexcept {
    return bytes_;
  }

  /// What comes back later, while the thread ends, is not kept.
  void close() noexcept {
    closed_ = true;
    for (size_t size = small_block_step; size <= small_block_max;
         size += small_block_step)
      while (auto* block = take(size))
        std::free(block);
  }

private:
  struct link {
    link* next;
  };

  /// Blocks of one size.
  struct list {
    link* first;
    size_t bytes;
  };

  static size_t list_of(size_t size) noexcept {
    return size / small_block_step - 1;
  }

  std::array<list, small_block_max / small_block_step> lists_ = {};
  size_t bytes_ = 0;
  bool closed_ = false;
};

constinit thread_local kept_blocks kept;

/// Empties that when the thread ends.
struct closer {
  ~closer() {
    kept.close();
  }
};

void close_with_thread() noexcept {
  thread_local const closer at_end;
  static_cast<void>(at_end);
}

/// Sanitizers have to see each block that is released.
bool is_small(size_t size) noexcept {
  return !sanitized && size > 0 && size <= small_block_max;
}

} // namespace

std::byte* allocate_small(size_t size) {
  void* result = nullptr;
  if (is_small(size)) {
    size = small_block_size(size);
    result = kept.take(size);
  }
  if (result == nullptr)
    result = std::malloc(size);
  if (result == nullptr)
    throw std::bad_alloc{};
  return static_cast<std::byte*>(result);
}

void free_small(std::byte* where, size_t size) noexcept {
  if (is_small(size)) {
    if (kept.bytes() == 0)
      close_with_thread();
    if (kept.keep(where, small_block_size(size)))
      return;
  }
  std::free(where);
}

size_t free_small_bytes() noexcept {
  return kept.bytes();
}

} // namespace troupe
