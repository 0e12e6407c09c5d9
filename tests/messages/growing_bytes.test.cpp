// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/growing_bytes.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "troupe/messages/spare_pages.hpp"

using namespace troupe;

namespace {

constexpr size_t mib = size_t{1} << 20;

/// Bytes that tell their position.
bytes patterned(size_t size) {
  bytes result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>((i * 7 + i / 251) & 0xff);
  return result;
}

size_t page_size() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Whether these pages are anybody's.
bool is_mapped(const std::byte* where, size_t size) {
  std::vector<unsigned char> found((size + page_size() - 1) / page_size());
  return mincore(const_cast<std::byte*>(where), size, found.data()) == 0;
}

/// Bytes of them that take memory.
size_t resident(const growing_bytes& what) {
  std::vector<unsigned char> found(what.capacity() / page_size());
  REQUIRE(mincore(const_cast<std::byte*>(what.data()), what.capacity(),
                  found.data())
          == 0);
  size_t result = 0;
  for (auto page : found)
    result += (page & 1) * page_size();
  return result;
}

} // namespace

TEST_CASE("bytes that arrive in pieces stay as they were") {
  for (size_t piece : {size_t{1} << 10, size_t{1000}, size_t{300'000}, mib}) {
    const auto all = patterned(3 * mib);
    growing_bytes uut;
    for (auto rest = byte_view{all}; !rest.empty();) {
      const auto part = rest.first(std::min(piece, rest.size()));
      uut.append(part);
      rest = rest.subspan(part.size());
      REQUIRE(uut.capacity() >= uut.size());
      // No more than a quarter is set aside for what is not there, unless those
      // are pages that somebody else has left.
      REQUIRE(uut.capacity()
              <= std::max({uut.size() + uut.size() / 4 + page_size(),
                           uut.size() >= growing_bytes::paged_min * 3 / 4
                               ? spare_pages::region_max
                               : size_t{32}}));
    }
    CHECK(uut == all);
    auto copy = uut;
    auto moved = std::move(uut);
    CHECK(moved == all);
    CHECK(copy == moved);
    copy.append(byte_view{all}.first(1));
    CHECK_FALSE(copy == moved);
  }
}

TEST_CASE("nothing takes nothing") {
  growing_bytes uut;
  CHECK(uut.empty());
  CHECK(uut.capacity() == 0);
  uut.append({});
  uut.shrink_to_fit();
  CHECK(uut.capacity() == 0);
  CHECK(uut == bytes{});
  growing_bytes other{bytes(3)};
  other = std::move(uut);
  CHECK(other.empty());
}

TEST_CASE("large bytes are pages that the system gets back at once") {
  const auto* where = static_cast<const std::byte*>(nullptr);
  {
    growing_bytes uut;
    uut.reserve(4 * mib);
    where = uut.data();
    CHECK(uut.capacity() == 4 * mib);
    CHECK(is_mapped(where, 4 * mib));
    // What nothing was written to takes no memory.
    uut.append(patterned(mib));
    CHECK(resident(uut) >= mib);
    CHECK(resident(uut) < mib + mib / 4);
  }
  CHECK_FALSE(is_mapped(where, 4 * mib));
}

TEST_CASE("pages of a message are there for the next one") {
  const auto* where = static_cast<const std::byte*>(nullptr);
  {
    growing_bytes first{patterned(600'000)};
    where = first.data();
  }
  growing_bytes second;
  for (size_t i = 0; i < 600; ++i)
    second.append(patterned(1000));
  CHECK(second.data() == where);
  CHECK(second.capacity() < 600'000 + page_size());
}

TEST_CASE("a message that is done keeps few pages more than it has bytes") {
  {
    growing_bytes large;
    large.reserve(mib);
  }
  growing_bytes uut;
  uut.reserve(growing_bytes::paged_min);
  REQUIRE(uut.capacity() > 2 * growing_bytes::paged_min);
  uut.append(patterned(growing_bytes::paged_min + 1));
  uut.shrink_to_fit();
  CHECK(uut.capacity() == growing_bytes::paged_min + page_size());
  CHECK(uut == patterned(growing_bytes::paged_min + 1));
  // Not for a quarter.
  growing_bytes other;
  other.reserve(4 * mib);
  other.append(patterned(3 * mib + mib / 2));
  other.shrink_to_fit();
  CHECK(other.capacity() == 4 * mib);
}

TEST_CASE("bytes shrink to what is in them") {
  const auto content = patterned(100);
  for (size_t reserved : {size_t{1000}, mib}) {
    growing_bytes uut;
    uut.reserve(reserved);
    uut.append(content);
    uut.shrink_to_fit();
    CHECK(uut.capacity() == 100);
    CHECK(uut == content);
  }
  growing_bytes large{patterned(mib + 1)};
  large.reserve(4 * mib);
  large.shrink_to_fit();
  CHECK(large.capacity() == mib + page_size());
  CHECK(large == patterned(mib + 1));
}
