// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/spare_pages.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

using namespace troupe;

namespace {

constexpr size_t kib = 1024;

spare_pages::region fresh(size_t size) {
  auto* data = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(data != MAP_FAILED);
  return {static_cast<std::byte*>(data), size};
}

} // namespace

TEST_CASE("pages are kept for who needs as many or less") {
  spare_pages uut;
  CHECK(uut.take(256 * kib).data == nullptr);
  const auto pages = fresh(512 * kib);
  uut.give(pages);
  CHECK(uut.kept() == 512 * kib);
  CHECK(uut.take(516 * kib).data == nullptr);
  const auto again = uut.take(256 * kib);
  CHECK(again.data == pages.data);
  CHECK(again.size == 512 * kib);
  CHECK(uut.kept() == 0);
  uut.give(again);
}

TEST_CASE("of all pages that do, the fewest are taken") {
  spare_pages uut;
  for (size_t size : {512, 256, 384})
    uut.give(fresh(size * kib));
  const auto pages = uut.take(256 * kib);
  CHECK(pages.size == 256 * kib);
  uut.give(pages);
}

TEST_CASE("few regions are kept, the latest, and no very large one") {
  spare_pages uut;
  uut.give(fresh(spare_pages::region_max + 4 * kib));
  CHECK(uut.kept() == 0);
  for (size_t size : {256, 320, 384, 448, 512, 260, 1024})
    uut.give(fresh(size * kib));
  CHECK(uut.kept() == (448 + 512 + 260 + 1024) * kib);
  for (size_t i = 0; i < 10; ++i)
    uut.give(fresh(spare_pages::region_max));
  CHECK(uut.kept() == spare_pages::regions_max * spare_pages::region_max);
}
