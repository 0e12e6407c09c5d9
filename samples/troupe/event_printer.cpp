// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/event_printer.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe::command {

namespace {

/// Now as RFC 3339 has it, in UTC with milliseconds.
std::string timestamp() {
  using namespace std::chrono;
  const auto now = floor<milliseconds>(system_clock::now());
  const auto second = floor<seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(system_clock::to_time_t(second)),
                     (now - second).count());
}

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

/// Text that a peer has chosen must not fool who reads the line: what is not
/// plain gets JSON's quotes and escapes, in ASCII.
std::string plain_text(const event_printer::fields& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain))
      return text;
  }
  return value.dump(-1, ' ', true,
                    event_printer::fields::error_handler_t::replace);
}

} // namespace

void event_printer::print(std::string_view event, const fields& more) {
  std::string line;
  if (json_) {
    fields object{{"event", event}, {"time", timestamp()}};
    object.update(more);
    line = object.dump(-1, ' ', false, fields::error_handler_t::replace);
  } else {
    line = fmt::format("{} {}", timestamp(), event);
    for (const auto& [key, value] : more.items())
      line += fmt::format(" {}={}", key, plain_text(value));
  }
  std::lock_guard guard{mutex_};
  std::cout << line << std::endl;
}

} // namespace troupe::command
