// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::command {

/// Writes lines to a file descriptor on a thread of its own, so that nobody who
/// has something to say waits for who reads it. Lines wait in a bounded buffer
/// while the reader stalls or the write fails, which is tried again every
/// second: a disk may have room again. What finds no place is lost, and a line
/// says so where it is missing.
///
/// Several threads may write at once.
class line_writer {
public:
  struct options {
    /// Where to. Belongs to the writer from then on.
    int descriptor;

    /// Most bytes that wait, `line_buffer::overhead` included.
    size_t cost_max = size_t{1} << 20;

    /// Makes the line that stands for so many lost ones.
    std::function<std::string(uint64_t)> gap;

    /// Hears why lines do not get out, once until they do again. May be called
    /// from any thread that writes. May be absent.
    std::function<void(std::string_view)> on_trouble = {};
  };

  explicit line_writer(options how);

  line_writer(const line_writer&) = delete;

  line_writer& operator=(const line_writer&) = delete;

  /// Finishes at once.
  ~line_writer();

  /// Appends a line, without its end. Never waits.
  void write(std::string line);

  /// Takes no more lines, and waits up to `patience` for those that it has.
  /// @returns how many lines did not get out at all.
  uint64_t finish(std::chrono::milliseconds patience);

private:
  struct state;

  std::shared_ptr<state> state_;
  std::thread thread_;
  /// What `finish` has returned.
  uint64_t lost_ = 0;
};

} // namespace troupe::command
