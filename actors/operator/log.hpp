// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <caf/fwd.hpp>

#include "troupe/actors/operator/log_limiter.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

class caf_log;

/// Returns the logger named "troupe": the one in spdlog's registry if the
/// program put one there, otherwise one that writes warnings and worse to
/// standard error. Actors write through an `event_log`.
///
/// Where CAF's logger has the lines (see `caf_log`), only one that the program
/// put there has them as well.
spdlog::logger& log();

/// Makes free text a value of a line: in quotes that end where it ends,
/// whatever a remote has put in, and of bounded length.
std::string log_text(std::string_view text);

/// What one actor has to say: one line an event, `event=KIND key=value`, IDs in
/// full.
///
/// Each kind of line is limited in rate, as remotes cause most of them. If
/// lines were left out, a warning says how many: `event=lines_left_out
/// kind=KIND lines=N`.
class event_log {
public:
  /// @param self the actor, whose state holds this.
  explicit event_log(caf::scheduled_actor* self);

  /// @param kind a word of ours: it never depends on what a remote sent.
  template <class... Ts>
  void debug(std::string_view kind, fmt::format_string<Ts...> text,
             Ts&&... xs) {
    write(spdlog::level::debug, kind, text, fmt::make_format_args(xs...));
  }

  template <class... Ts>
  void info(std::string_view kind, fmt::format_string<Ts...> text, Ts&&... xs) {
    write(spdlog::level::info, kind, text, fmt::make_format_args(xs...));
  }

  template <class... Ts>
  void warn(std::string_view kind, fmt::format_string<Ts...> text, Ts&&... xs) {
    write(spdlog::level::warn, kind, text, fmt::make_format_args(xs...));
  }

  template <class... Ts>
  void error(std::string_view kind, fmt::format_string<Ts...> text,
             Ts&&... xs) {
    write(spdlog::level::err, kind, text, fmt::make_format_args(xs...));
  }

private:
  void write(spdlog::level::level_enum level, std::string_view kind,
             fmt::string_view text, fmt::format_args xs);
  void put(spdlog::level::level_enum level, std::string line);
  void summarize();
  [[nodiscard]] bool is_wanted(spdlog::level::level_enum level) const;

  caf::scheduled_actor* self_;
  std::shared_ptr<caf_log> caf_;
  log_limiter limiter_;
  alarm summary_due_;
};

} // namespace troupe
