// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

} // namespace troupe
