// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/growing_bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

#include "troupe/messages/spare_pages.hpp"

namespace troupe {

namespace {

/// The smallest capacity that `append` makes.
constexpr size_t capacity_min = 32;

bool is_paged(size_t capacity) {
  return capacity >= growing_bytes::paged_min;
}

/// Returns a capacity that leaves no part of a page unused.
size_t rounded(size_t capacity) {
  static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return is_paged(capacity) ? (capacity + page - 1) / page * page : capacity;
}

std::byte* or_bad_alloc(void* where) {
  if (where == nullptr || where == MAP_FAILED)
    throw std::bad_alloc{};
  return static_cast<std::byte*>(where);
}

/// Never destroyed: bytes may outlive everything else of the program.
spare_pages& spares() {
  static auto* result = new spare_pages;
  return *result;
}

/// Sets `capacity` to what there is, which may be more.
std::byte* allocate(size_t& capacity) {
  if (!is_paged(capacity))
    return or_bad_alloc(std::malloc(capacity));
  if (auto pages = spares().take(capacity); pages.data != nullptr) {
    capacity = pages.size;
    return pages.data;
  }
  return or_bad_alloc(mmap(nullptr, capacity, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

void release(std::byte* where, size_t capacity) {
  if (is_paged(capacity))
    spares().give({where, capacity});
  else
    std::free(where);
}

} // namespace

void growing_bytes::reserve(size_t capacity) {
  if (capacity > capacity_)
    change_capacity(rounded(capacity));
}

void growing_bytes::append(byte_view content) {
  if (content.empty())
    return;
  if (content.size() > capacity_ - size_)
    reserve(std::max(
        {capacity_min, size_ + content.size(), capacity_ + capacity_ / 4}));
  std::memcpy(data_ + size_, content.data(), content.size());
  size_ += content.size();
}

void growing_bytes::shrink_to_fit() {
  // Of pages, no more stays than appending leaves: spare ones may be far
  // larger. Small bytes would have to be copied.
  const auto least = rounded(size_);
  const auto most = is_paged(capacity_) ? least + least / 4 : 2 * size_;
  if (capacity_ > most)
    change_capacity(least);
}

void growing_bytes::change_capacity(size_t capacity) {
  auto* place = data_;
  if (capacity == 0) {
    release(std::exchange(place, nullptr), capacity_);
#ifdef __linux__
  } else if (is_paged(capacity) && is_paged(capacity_)) {
    place = or_bad_alloc(mremap(data_, capacity_, capacity, MREMAP_MAYMOVE));
#endif
  } else {
    place = allocate(capacity);
    if (size_ > 0)
      std::memcpy(place, data_, size_);
    release(data_, capacity_);
  }
  data_ = place;
  capacity_ = capacity;
}

bool operator==(const growing_bytes& a, const growing_bytes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

} // namespace troupe
