// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/console.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "troupe/samples/troupe/colours.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/standard_streams.hpp"

namespace troupe::command {

namespace {

/// Prints a line of the log. Only ASCII gets out, whoever chose a text in it.
std::string print(const log_style& style, std::string_view level,
                  std::string_view text) {
  return event_line(style.json, parse_log_line(level, style.node, text));
}

std::string_view name_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

/// Hands lines of the log over.
class log_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  log_sink(std::shared_ptr<line_writer> to, log_style style)
    : to_(std::move(to)),
      style_(std::move(style)) {}

private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    to_->write(print(style_, name_of(msg.level),
                     {msg.payload.data(), msg.payload.size()}));
  }

  void flush_() override {}

  // The log lives as long as the process.
  std::shared_ptr<line_writer> to_;
  log_style style_;
};

} // namespace

console::console(bool json_events, log_style style)
  : console(json_events, std::move(style), wants_colours(STDOUT_FILENO)) {}

console::console(bool json_events, log_style style, bool colours)
  : style_(std::move(style)),
    errors_(std::make_shared<line_writer>(line_writer::options{
        .descriptor = take_errors(),
        .gap =
            [style = style_](uint64_t count) {
              return print(style, "warn",
                           fmt::format("event=log_lost lines={}", count));
            }})),
    output_({.descriptor = take_output(),
             .gap =
                 [json_events](uint64_t count) {
                   return event_line(
                       json_events,
                       {.name = "output_lost", .fields = {{"lines", count}}});
                 },
             .on_trouble =
                 [errors = errors_, style = style_](std::string_view why) {
                   errors->write(
                       print(style, "warn",
                             fmt::format("standard output: {}; what finds no "
                                         "place is lost",
                                         why)));
                 }}),
    events_(json_events, output_, !json_events && colours) {
  auto logger = std::make_shared<spdlog::logger>(
      "troupe", std::make_shared<log_sink>(errors_, style_));
  logger->set_level(spdlog::level::warn);
  spdlog::register_logger(std::move(logger));
}

int console::complain(int status, std::string_view what) {
  const auto is_bad = status != success;
  auto words = parse_log_line(is_bad ? "error" : "warn", style_.node, {});
  words.name = is_bad ? "failed" : "note";
  words.fields["text"] = what;
  errors_->write(event_line(style_.json, words));
  return status;
}

void console::set_log_level(std::string_view name) {
  if (auto logger = spdlog::get("troupe"))
    logger->set_level(
        spdlog::level::from_str(std::string{name == "error" ? "err" : name}));
}

bool console::finish(std::chrono::milliseconds patience) {
  const auto lost = output_.finish(patience);
  if (lost > 0)
    complain(failed, fmt::format("standard output: {} lines were lost", lost));
  errors_->finish(patience);
  return lost == 0;
}

} // namespace troupe::command
