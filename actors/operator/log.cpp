// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log.hpp"

#include <memory>
#include <utility>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <caf/actor_system.hpp>
#include <caf/scheduled_actor.hpp>

#include "troupe/actors/operator/caf_log.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr const char* logger_name = "troupe";

struct chosen_logger {
  std::shared_ptr<spdlog::logger> logger;

  /// Whether the program chose it.
  bool is_registered = true;
};

chosen_logger find_or_make() {
  if (auto existing = spdlog::get(logger_name))
    return {std::move(existing)};
  auto made = spdlog::stderr_color_mt(logger_name);
  made->set_level(spdlog::level::warn);
  return {std::move(made), false};
}

const chosen_logger& chosen() {
  static const auto result = find_or_make();
  return result;
}

} // namespace

spdlog::logger& log() {
  return *chosen().logger;
}

std::string log_text(std::string_view text) {
  // Enough for each of our own texts, with what they quote.
  constexpr size_t size_max = 512;
  return troupe::quoted(text, size_max);
}

event_log::event_log(caf::scheduled_actor* self)
  : self_(self),
    caf_(caf_log::of(self->system())) {}

bool event_log::is_wanted(spdlog::level::level_enum level) const {
  return (caf_ && caf_->accepts(level))
         || ((!caf_ || chosen().is_registered) && log().should_log(level));
}

void event_log::write(spdlog::level::level_enum level, std::string_view kind,
                      fmt::string_view text, fmt::format_args xs) {
  if (!is_wanted(level))
    return;
  if (!limiter_.admit(kind, self_->clock().now())) {
    summary_due_.set(self_, *limiter_.next_wakeup(), [this] { summarize(); });
    return;
  }
  auto rest = fmt::vformat(text, xs);
  put(level, fmt::format("event={}{}{}", kind, rest.empty() ? "" : " ", rest));
}

void event_log::put(spdlog::level::level_enum level, std::string line) {
  if (!caf_ || chosen().is_registered)
    log().log(level, line);
  if (caf_ && caf_->accepts(level))
    caf_->write(level, self_->id(), std::move(line));
}

void event_log::summarize() {
  for (const auto& each : limiter_.take_summaries(self_->clock().now()))
    put(spdlog::level::warn,
        fmt::format("event=lines_left_out kind={} lines={}", each.kind,
                    each.lines));
  if (auto next = limiter_.next_wakeup())
    summary_due_.set(self_, *next, [this] { summarize(); });
}

} // namespace troupe
