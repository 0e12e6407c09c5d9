// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "troupe/samples/troupe/top/top_view.hpp"

namespace troupe::command {

/// A key that means something.
enum class top_key : uint8_t {
  none,
  up,
  down,
  page_up,
  page_down,
  dial,
  disconnect,
  ban,
  unban,
  sort,
  quit,
};

/// A terminal, through ncurses. One at a time; the terminal is as before once
/// it is destroyed.
class top_screen {
public:
  /// @returns nothing if standard input and output are no terminal that ncurses
  ///          knows.
  static std::optional<top_screen> open();

  top_screen(top_screen&& other) noexcept;

  top_screen& operator=(top_screen&&) = delete;

  ~top_screen();

  [[nodiscard]] size_t width() const;
  [[nodiscard]] size_t height() const;

  void show(const std::vector<top_line>& lines);

  /// Takes a key, if one was pressed.
  top_key key();

  /// Asks in the last line for a text of at most `size_max` bytes. Waits.
  /// @returns nothing if there is no answer.
  std::optional<std::string> ask(const std::string& question, size_t size_max);

private:
  top_screen() = default;

  bool open_ = true;
};

} // namespace troupe::command
