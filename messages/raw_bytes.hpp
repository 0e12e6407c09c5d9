// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace troupe {

/// Leaves new elements of a vector as they are in memory, where a vector would
/// write zeros.
template <class T>
struct uninitialized_allocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = uninitialized_allocator<U>;
  };

  template <class U>
  void construct(U* where) noexcept {
    ::new (static_cast<void*>(where)) U;
  }

  template <class U, class... Ts>
  void construct(U* where, Ts&&... xs) {
    ::new (static_cast<void*>(where)) U(std::forward<Ts>(xs)...);
  }
};

/// Bytes of our own that grow without being zeroed: buffers of the network,
/// which are filled anyway.
using raw_bytes = std::vector<std::byte, uninitialized_allocator<std::byte>>;

} // namespace troupe
