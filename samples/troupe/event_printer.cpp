// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/event_printer.hpp"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "troupe/messages/timestamp.hpp"
#include "troupe/messages/wall_clock.hpp"

namespace troupe::command {

namespace {

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
  const auto now = timestamp(system_wall_clock{}.now());
  std::string line;
  if (json_) {
    fields object{{"event", event}, {"time", now}};
    object.update(more);
    line = object.dump(-1, ' ', false, fields::error_handler_t::replace);
  } else {
    line = fmt::format("{} {}", now, event);
    for (const auto& [key, value] : more.items())
      line += fmt::format(" {}={}", key, plain_text(value));
  }
  std::lock_guard guard{mutex_};
  std::cout << line << std::endl;
}

} // namespace troupe::command
