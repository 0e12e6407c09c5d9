// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/console.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/standard_streams.hpp"

namespace troupe::command {

namespace {

/// Hands lines of the log over.
class log_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit log_sink(std::shared_ptr<line_writer> to) : to_(std::move(to)) {}

private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    // Without its end.
    to_->write(std::string(line.data(), line.size() - 1));
  }

  void flush_() override {}

  // The log lives as long as the process.
  std::shared_ptr<line_writer> to_;
};

} // namespace

console::console(bool json)
  : errors_(std::make_shared<line_writer>(line_writer::options{
      .descriptor = take_errors(),
      .gap =
          [](uint64_t count) {
            return fmt::format("troupe: {} lines are missing here", count);
          }})),
    output_(
        {.descriptor = take_output(),
         .gap =
             [json](uint64_t count) {
               return event_line(
                   json, {.name = "output_lost", .fields = {{"lines", count}}});
             },
         .on_trouble =
             [errors = errors_](std::string_view why) {
               errors->write(fmt::format("troupe: standard output: {}; what "
                                         "finds no place is lost",
                                         why));
             }}),
    events_(json, output_) {
  auto logger = std::make_shared<spdlog::logger>(
      "troupe", std::make_shared<log_sink>(errors_));
  logger->set_level(spdlog::level::warn);
  spdlog::register_logger(std::move(logger));
}

int console::complain(int status, std::string_view what) {
  errors_->write(fmt::format("troupe: {}", what));
  return status;
}

bool console::finish(std::chrono::milliseconds patience) {
  const auto lost = output_.finish(patience);
  if (lost > 0)
    complain(failed, fmt::format("standard output: {} lines were lost", lost));
  errors_->finish(patience);
  return lost == 0;
}

} // namespace troupe::command
