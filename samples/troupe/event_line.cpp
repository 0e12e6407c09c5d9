// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/event_line.hpp"

#include "troupe/actors/operator/event_line.hpp"
#include "troupe/messages/wall_clock.hpp"

namespace troupe::command {

std::string event_line(bool json, const event_words& event) {
  const auto now = system_wall_clock{}.now();
  return json ? as_json(event, now) : as_text(event, now);
}

} // namespace troupe::command
