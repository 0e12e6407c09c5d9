// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>

namespace troupe {

/// Lines on their way to a reader that may be slow. Bounded in bytes: what does
/// not fit is dropped and counted, and once there is room again, a line says
/// so.
class line_buffer {
public:
  /// Turns a count of dropped lines into the line that tells it.
  using notice = std::function<std::string(uint64_t dropped)>;

  line_buffer(size_t size_max, notice tell)
    : size_max_(size_max),
      tell_(std::move(tell)) {}

  /// Adds a line, or drops it.
  void push(std::string line);

  /// Takes out what fits into `out`. @returns how many bytes.
  size_t read(std::span<char> out);

  [[nodiscard]] bool empty() const {
    return lines_.empty() && dropped_ == 0;
  }

  /// Bytes that wait.
  [[nodiscard]] size_t size() const {
    return size_;
  }

  /// All that was ever dropped.
  [[nodiscard]] uint64_t dropped_in_all() const {
    return dropped_in_all_;
  }

private:
  void tell_of_drops();

  size_t size_max_;
  notice tell_;
  std::deque<std::string> lines_;
  /// How much of the first line was read.
  size_t offset_ = 0;
  size_t size_ = 0;
  /// Dropped, and not told yet.
  uint64_t dropped_ = 0;
  uint64_t dropped_in_all_ = 0;
};

} // namespace troupe
