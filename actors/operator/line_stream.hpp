// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "troupe/actors/operator/line_buffer.hpp"

namespace troupe {

/// A `line_buffer` that is read in pieces of any size. Where lines are lost,
/// one stands that says so.
class line_stream {
public:
  /// Turns a count of lost lines into the line that tells it.
  using notice = std::function<std::string(uint64_t lost)>;

  /// @param cost_max most bytes that wait, `line_buffer::overhead` included.
  line_stream(size_t cost_max, notice tell)
    : waiting_(cost_max),
      tell_(std::move(tell)) {}

  /// Adds a line, with its end, or loses it.
  void push(std::string line) {
    waiting_.push(std::move(line));
  }

  /// Takes out what fits into `out`. @returns how many bytes.
  size_t read(std::span<char> out);

private:
  /// Begins with the next line, if there is one.
  bool next();

  line_buffer waiting_;
  notice tell_;
  std::string line_ = {};
  /// How much of the line was read.
  size_t offset_ = 0;
};

} // namespace troupe
