// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>

namespace troupe {

/// Memory for nodes of one size: several share an allocation, and none is kept
/// once all have come back. What is allocated on one thread and released on
/// another, node by node, takes long.
class node_pool {
public:
  node_pool() = default;

  node_pool(const node_pool&) = delete;

  node_pool& operator=(const node_pool&) = delete;

  /// @pre all nodes have come back.
  ~node_pool() {
    release();
  }

  /// @param size the same each time while nodes are out, and suitable for a
  ///             pointer.
  [[nodiscard]] void* take(size_t size) {
    if (free_ == nullptr)
      grow(size);
    ++out_;
    return pop(free_);
  }

  void give(void* node) noexcept {
    push(free_, node);
    if (--out_ == 0)
      release();
  }

private:
  struct link {
    link* next;
  };

  /// Larger allocations take longer.
  static constexpr size_t block_max = 1024;

  static void push(link*& to, void* memory) noexcept {
    to = new (memory) link{to};
  }

  static void* pop(link*& from) noexcept {
    auto* result = from;
    from = from->next;
    return result;
  }

  /// The first node comes alone: there may be no second.
  void grow(size_t size) {
    const auto count
        = blocks_ == nullptr
              ? 1
              : std::max<size_t>((block_max - sizeof(link)) / size, 1);
    auto* memory
        = static_cast<std::byte*>(::operator new(sizeof(link) + count * size));
    push(blocks_, memory);
    for (size_t i = count; i > 0; --i)
      push(free_, memory + sizeof(link) + (i - 1) * size);
  }

  void release() noexcept {
    free_ = nullptr;
    while (blocks_ != nullptr)
      ::operator delete(pop(blocks_));
  }

  link* blocks_ = nullptr;
  link* free_ = nullptr;
  size_t out_ = 0;
};

/// Lets the nodes of a container come from a pool, which outlives it.
template <class T>
class pool_allocator {
public:
  using value_type = T;

  static_assert(alignof(T) <= alignof(void*)
                && sizeof(T) % alignof(void*) == 0);

  explicit pool_allocator(node_pool& pool) noexcept : pool_(&pool) {}

  template <class U>
  // Containers ask for the conversion.
  pool_allocator(const pool_allocator<U>& other) noexcept // NOLINT
    : pool_(other.pool()) {}

  /// @pre `count` is 1.
  [[nodiscard]] T* allocate(size_t count) {
    return static_cast<T*>(pool_->take(count * sizeof(T)));
  }

  void deallocate(T* node, size_t) noexcept {
    pool_->give(node);
  }

  [[nodiscard]] node_pool* pool() const noexcept {
    return pool_;
  }

  friend bool operator==(const pool_allocator&, const pool_allocator&)
      = default;

private:
  node_pool* pool_;
};

} // namespace troupe
