// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace troupe {

/// Pages of bodies that are done with, for the next ones. What comes from the
/// system is cleared page by page when it is first written to, which takes as
/// long as decrypting it does; for messages that come one after the other, a
/// few regions do.
///
/// From any thread.
class spare_pages {
public:
  /// Larger regions are for messages that are rare.
  static constexpr size_t region_max = size_t{1024} * 1024;

  /// Regions that are kept; together they take 4 MiB at most.
  static constexpr size_t regions_max = 4;

  /// Whole pages, all of them ours.
  struct region {
    std::byte* data = nullptr;
    size_t size = 0;
  };

  spare_pages();
  spare_pages(const spare_pages&) = delete;
  spare_pages& operator=(const spare_pages&) = delete;
  ~spare_pages();

  /// Returns the smallest region of `least` bytes or more, for the caller to
  /// keep; or nothing. Its content is unspecified.
  [[nodiscard]] region take(size_t least) noexcept;

  /// Takes pages of `mmap` over, of any size: keeps them or gives them back to
  /// the system. When there are too many, the oldest go.
  void give(region pages) noexcept;

  /// Bytes that are kept.
  [[nodiscard]] size_t kept() const noexcept;

private:
  mutable std::mutex mutex_;
  /// The oldest first. Has room for all that there can be, and one more.
  std::vector<region> regions_;
};

} // namespace troupe
