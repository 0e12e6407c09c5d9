// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/event_line.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "troupe/messages/plain_text.hpp"
#include "troupe/messages/timestamp.hpp"

namespace troupe {

namespace {

/// What a peer has chosen must not fool who reads the line, nor spoil it.
std::string dump(const event_fields& value) {
  return value.dump(-1, ' ', true, event_fields::error_handler_t::replace);
}

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

std::string plain_text(const event_fields& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain))
      return text;
  }
  return dump(value);
}

/// Cuts texts, wherever they stand.
void cut(event_fields& value) {
  if (value.is_structured())
    for (auto& item : value)
      cut(item);
  if (value.is_string())
    cut_text(value.get_ref<std::string&>(), event_text_max);
}

event_fields cut_fields(const event_words& event) {
  auto result = event.fields;
  cut(result);
  return result;
}

} // namespace

std::string as_json(const event_words& event, wall_time when) {
  event_fields object{{"event", event.name}, {"time", timestamp(when)}};
  object.update(cut_fields(event));
  return dump(object);
}

std::string as_text(const event_words& event, wall_time when) {
  auto line = fmt::format("{} {}", timestamp(when), event.name);
  const auto fields = cut_fields(event);
  for (const auto& [key, value] : fields.items())
    line += fmt::format(" {}={}", key, plain_text(value));
  return line;
}

} // namespace troupe
