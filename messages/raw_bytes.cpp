// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/raw_bytes.hpp"

#include <array>
#include <mutex>

namespace troupe {

namespace {

/// Never destroyed, as buffers may outlive everything but the process.
struct block_store {
  std::mutex mutex;
  std::array<void*, raw_blocks_kept> blocks{};
  size_t count = 0;

  void* take() noexcept {
    std::lock_guard guard{mutex};
    return count > 0 ? blocks[--count] : nullptr;
  }

  bool keep(void* block) noexcept {
    std::lock_guard guard{mutex};
    if (count == blocks.size())
      return false;
    blocks[count++] = block;
    return true;
  }
};

block_store& store() noexcept {
  alignas(block_store) static std::array<std::byte, sizeof(block_store)> room;
  static auto* result = new (room.data()) block_store;
  return *result;
}

constexpr bool is_block(size_t size) noexcept {
  return size >= raw_block_min && size <= raw_block_size;
}

} // namespace

std::byte* allocate_raw(size_t size) {
  if (!is_block(size))
    return static_cast<std::byte*>(::operator new(size));
  auto* block = store().take();
  // The one freed last comes first: it is the likeliest to be in a cache.
  return static_cast<std::byte*>(block ? block
                                       : ::operator new(raw_block_size));
}

void free_raw(std::byte* where, size_t size) noexcept {
  if (!is_block(size) || !store().keep(where))
    ::operator delete(where);
}

size_t free_raw_blocks() noexcept {
  auto& all = store();
  std::lock_guard guard{all.mutex};
  return all.count;
}

} // namespace troupe
