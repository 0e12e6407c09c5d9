// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/spare_pages.hpp"

#include <utility>

#include <sys/mman.h>

namespace troupe {

namespace {

void unmap(const spare_pages::region& pages) noexcept {
  if (pages.data != nullptr)
    munmap(pages.data, pages.size);
}

} // namespace

spare_pages::spare_pages() {
  regions_.reserve(regions_max + 1);
}

spare_pages::~spare_pages() {
  for (const auto& kept : regions_)
    unmap(kept);
}

spare_pages::region spare_pages::take(size_t least) noexcept {
  auto guard = std::lock_guard{mutex_};
  auto best = regions_.end();
  for (auto i = regions_.begin(); i != regions_.end(); ++i)
    if (i->size >= least && (best == regions_.end() || i->size < best->size))
      best = i;
  if (best == regions_.end())
    return {};
  const auto result = *best;
  regions_.erase(best);
  return result;
}

void spare_pages::give(region pages) noexcept {
  if (pages.data != nullptr && pages.size <= region_max) {
    auto guard = std::lock_guard{mutex_};
    regions_.push_back(std::exchange(pages, {}));
    if (regions_.size() > regions_max) {
      pages = regions_.front();
      regions_.erase(regions_.begin());
    }
  }
  // Outside of the lock: it takes the system a while.
  unmap(pages);
}

size_t spare_pages::kept() const noexcept {
  auto guard = std::lock_guard{mutex_};
  size_t result = 0;
  for (const auto& kept : regions_)
    result += kept.size;
  return result;
}

} // namespace troupe
