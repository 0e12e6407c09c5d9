// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log.hpp"

#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <caf/scheduled_actor.hpp>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr const char* logger_name = "troupe";

std::shared_ptr<spdlog::logger> find_or_make() {
  if (auto existing = spdlog::get(logger_name))
    return existing;
  auto made = spdlog::stderr_color_mt(logger_name);
  made->set_level(spdlog::level::warn);
  return made;
}

} // namespace

spdlog::logger& log() {
  static const auto logger = find_or_make();
  return *logger;
}

std::string log_text(std::string_view text) {
  // Enough for each of our own texts, with what they quote.
  constexpr size_t size_max = 512;
  return troupe::quoted(text, size_max);
}

void event_log::write(spdlog::level::level_enum level, std::string_view kind,
                      fmt::string_view text, fmt::format_args xs) {
  if (!log().should_log(level))
    return;
  if (!limiter_.admit(kind, self_->clock().now())) {
    summary_due_.set(self_, *limiter_.next_wakeup(), [this] { summarize(); });
    return;
  }
  auto rest = fmt::vformat(text, xs);
  log().log(level, "event={}{}{}", kind, rest.empty() ? "" : " ", rest);
}

void event_log::summarize() {
  for (const auto& each : limiter_.take_summaries(self_->clock().now()))
    log().warn("event=lines_left_out kind={} lines={}", each.kind, each.lines);
  if (auto next = limiter_.next_wakeup())
    summary_due_.set(self_, *next, [this] { summarize(); });
}

} // namespace troupe
