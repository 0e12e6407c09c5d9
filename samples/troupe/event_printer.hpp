// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "troupe/samples/troupe/colours.hpp"
#include "troupe/samples/troupe/event_line.hpp"
#include "troupe/samples/troupe/line_writer.hpp"

namespace troupe::command {

/// Prints events, one a line. Several threads may print at once, and none of
/// them waits for who reads.
class event_printer {
public:
  using fields = event_fields;

  /// @param to      has to outlive the printer.
  /// @param colours whether lines for humans have them.
  event_printer(bool json, line_writer& to, bool colours)
    : json_(json),
      colours_(colours),
      to_(to) {}

  [[nodiscard]] bool json() const noexcept {
    return json_;
  }

  /// @param more an object with what the event says, in order.
  void print(std::string_view event, fields more = fields::object()) {
    print({.name = std::string{event}, .fields = std::move(more)});
  }

  void print(const event_words& event) {
    to_.write(event_line(json_, event));
  }

  /// Prints lines for humans.
  void print_text(std::string text) {
    to_.write(std::move(text));
  }

  /// Colours a part of a line for humans, where lines have colours.
  [[nodiscard]] std::string painted(colour how, std::string_view text) const {
    return colours_ ? paint(how, text) : std::string{text};
  }

private:
  bool json_;
  bool colours_;
  line_writer& to_;
};

} // namespace troupe::command
