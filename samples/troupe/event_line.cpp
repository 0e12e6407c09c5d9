// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/event_line.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "troupe/messages/timestamp.hpp"
#include "troupe/messages/wall_clock.hpp"

namespace troupe::command {

namespace {

constexpr auto replace = event_fields::error_handler_t::replace;

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

/// Text that a peer has chosen must not fool who reads the line: what is not
/// plain gets JSON's quotes and escapes, in ASCII.
std::string plain_text(const event_fields& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain))
      return text;
  }
  return value.dump(-1, ' ', true, replace);
}

/// Cuts texts, wherever they stand.
void cut(event_fields& value) {
  if (value.is_structured())
    for (auto& item : value)
      cut(item);
  if (!value.is_string())
    return;
  auto& text = value.get_ref<std::string&>();
  if (text.size() <= event_text_max)
    return;
  auto end = event_text_max;
  // Not within a character of UTF-8.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  text.replace(end, std::string::npos, "...");
}

} // namespace

std::string event_line(bool json, std::string_view event,
                       const event_fields& more) {
  const auto now = timestamp(system_wall_clock{}.now());
  auto fields = more;
  cut(fields);
  if (json) {
    event_fields object{{"event", event}, {"time", now}};
    object.update(fields);
    return object.dump(-1, ' ', false, replace);
  }
  auto line = fmt::format("{} {}", now, event);
  for (const auto& [key, value] : fields.items())
    line += fmt::format(" {}={}", key, plain_text(value));
  return line;
}

} // namespace troupe::command
