// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/metrics.hpp"

#include <string>

#include <fmt/format.h>

#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace troupe {

namespace {

std::string label(channel_id channel) {
  return fmt::format("{:#04x}", channel);
}

std::string_view label(direction way) {
  return way == direction::inbound ? "in" : "out";
}

} // namespace

void metrics::dropped(channel_id channel, direction way,
                      std::string_view reason, uint32_t count) {
  drops(channel, way, reason)->inc(count);
}

caf::telemetry::int_counter* metrics::drops(channel_id channel, direction way,
                                            std::string_view reason) {
  auto id = label(channel);
  return sys_->metrics()
      .counter_family("p2p", "queue_dropped_msgs",
                      {"ch_id", "direction", "reason"},
                      "Messages that were shed.", "1", true)
      ->get_or_add(
          {{"ch_id", id}, {"direction", label(way)}, {"reason", reason}});
}

caf::telemetry::int_counter* metrics::traffic(channel_id channel,
                                              direction way) {
  auto id = label(channel);
  std::string_view name = way == direction::inbound ? "message_receive_bytes"
                                                    : "message_send_bytes";
  return sys_->metrics()
      .counter_family("p2p", name, {"ch_id"}, "Bytes of messages.", "bytes",
                      true)
      ->get_or_add({{"ch_id", id}});
}

void metrics::refused(direction way, std::string_view reason) {
  sys_->metrics()
      .counter_family("p2p", "refused_connections", {"direction", "reason"},
                      "Dials and handshakes that failed.", "1", true)
      ->get_or_add({{"direction", label(way)}, {"reason", reason}})
      ->inc();
}

void metrics::peers(size_t count) {
  sys_->metrics()
      .gauge_singleton("p2p", "peers", "Connected peers.")
      ->value(static_cast<int64_t>(count));
}

} // namespace troupe
