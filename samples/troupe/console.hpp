// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "troupe/samples/troupe/event_printer.hpp"
#include "troupe/samples/troupe/line_writer.hpp"
#include "troupe/samples/troupe/log_line.hpp"

namespace troupe::command {

/// Standard output and standard error of a command that runs for long. Whoever
/// does not read one of them, or lets its disk run full, stops nothing: what
/// finds no place is lost, counted and told of.
///
/// There may be one in a process. From then on nothing else reaches standard
/// output: what CAF has to say there about an actor that threw goes to standard
/// error, and so does the log, whose lines look like events.
class console {
public:
  /// @param json_events whether events are JSON.
  /// @param style       how lines of the log look.
  explicit console(bool json_events, log_style style = {});

  [[nodiscard]] event_printer& events() noexcept {
    return events_;
  }

  /// Prints a `note`, or a `failed` if that is what `status` says, as a line of
  /// the log, and returns `status`.
  int complain(int status, std::string_view what);

  /// Chooses what the log has: `debug`, `info`, `warn`, `error` or `off`.
  void set_log_level(std::string_view name);

  /// Waits up to `patience` for each of the two until all is written, and takes
  /// nothing more.
  /// @returns whether all that was printed to standard output got there.
  bool finish(std::chrono::milliseconds patience = std::chrono::seconds{2});

private:
  // Standard output is another one once it has been taken.
  console(bool json_events, log_style style, bool colours);

  log_style style_;
  std::shared_ptr<line_writer> errors_;
  line_writer output_;
  event_printer events_;
};

} // namespace troupe::command
