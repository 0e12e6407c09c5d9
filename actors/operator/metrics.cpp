// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/metrics.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace troupe {

namespace {

/// What a node counts, a row each. The name goes on with the unit, if that is
/// not 1, and with `_total` if it is a counter.
struct metric_row {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
};

constexpr metric_row dropped_messages
    = {"queue_dropped_msgs", "1", "Messages that were shed or refused."};
constexpr metric_row received_bytes
    = {"message_receive", "bytes", "Bytes of messages from peers."};
constexpr metric_row received_messages
    = {"messages_received", "1", "Messages from peers."};
constexpr metric_row sent_bytes
    = {"message_send", "bytes", "Bytes of messages to peers."};
constexpr metric_row sent_messages
    = {"messages_sent", "1", "Messages to peers."};
constexpr metric_row new_connections
    = {"new_connections", "1", "Connections before their handshake."};
constexpr metric_row refused_connections
    = {"refused_connections", "1", "Dials and handshakes that failed."};
constexpr metric_row dialed_peers
    = {"peers_connected_success", "1", "Dials that led to a peer."};
constexpr metric_row failed_dials
    = {"peers_connected_failure", "1", "Dials that did not."};
constexpr metric_row disconnected_peers
    = {"peers_disconnected", "1", "Connections of peers that ended."};
constexpr metric_row evicted_peers
    = {"peers_evicted", "1", "Connections of peers that we decided to end."};
constexpr metric_row connected_peers = {"peers", "1", "Connected peers."};
constexpr metric_row incoming_peers
    = {"peers_connected_incoming", "1", "Connected peers that dialed us."};
constexpr metric_row outgoing_peers
    = {"peers_connected_outgoing", "1", "Connected peers that we dialed."};
constexpr metric_row known_peers
    = {"peers_stored", "1", "Peers that are known and not banned."};

std::string_view label(direction way) {
  return way == direction::inbound ? "in" : "out";
}

} // namespace

bool is_metrics_namespace(std::string_view text) {
  auto is_letter
      = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text != "caf" && is_letter(text.front())
         && std::ranges::all_of(text, may_follow);
}

/// The counters of a node that were used so far: CAF looks through all that
/// have a name, those of other nodes among them.
class metrics::node_counters {
public:
  using counter = caf::telemetry::int_counter;

  node_counters(caf::actor_system& sys, const node_id& node,
                std::string_view name_space)
    : registry_(&sys.metrics()),
      prefix_(fmt::format("{}_p2p", name_space)),
      node_(to_string(node)) {}

  [[nodiscard]] const std::string& prefix() const {
    return prefix_;
  }

  [[nodiscard]] counter* get(const metric_row& what) {
    return get({&what, no_channel, std::string_view{}, std::string_view{}});
  }

  [[nodiscard]] counter* get(const metric_row& what, direction way) {
    return get({&what, no_channel, label(way), std::string_view{}});
  }

  [[nodiscard]] counter* get(const metric_row& what, std::string_view reason) {
    return get({&what, no_channel, std::string_view{}, reason});
  }

  [[nodiscard]] counter* get(const metric_row& what, direction way,
                             std::string_view reason) {
    return get({&what, no_channel, label(way), reason});
  }

  [[nodiscard]] counter* get(const metric_row& what, channel_id channel) {
    return get({&what, channel, std::string_view{}, std::string_view{}});
  }

  [[nodiscard]] counter* get(const metric_row& what, channel_id channel,
                             direction way, std::string_view reason) {
    return get({&what, channel, label(way), reason});
  }

  void set(const metric_row& what, size_t value) {
    auto guard = std::lock_guard{mutex_};
    auto& gauge = gauges_[&what];
    if (gauge == nullptr)
      gauge = registry_->gauge_instance(prefix_, what.name, {{"node", node_}},
                                        what.help, what.unit);
    gauge->value(static_cast<int64_t>(value));
  }

private:
  static constexpr int no_channel = -1;

  /// A row, and the values of the labels channel, direction and reason.
  template <class String>
  using key = std::tuple<const metric_row*, int, String, String>;

  counter* get(const key<std::string_view>& which) {
    auto guard = std::lock_guard{mutex_};
    if (auto i = found_.find(which); i != found_.end())
      return i->second;
    auto* made = look_up(which);
    const auto& [what, channel, way, reason] = which;
    found_.emplace(key<std::string>{what, channel, way, reason}, made);
    return made;
  }

  counter* look_up(const key<std::string_view>& which) {
    const auto& [what, channel, way, reason] = which;
    const auto id = fmt::format("{:#04x}", channel);
    // By name, as CAF keeps them: it compares faster that way.
    std::vector<caf::telemetry::label_view> labels;
    if (channel != no_channel)
      labels.emplace_back("channel", id);
    if (!way.empty())
      labels.emplace_back("direction", way);
    labels.emplace_back("node", node_);
    if (!reason.empty())
      labels.emplace_back("reason", reason);
    using span
        = caf::telemetry::metric_registry::span_t<caf::telemetry::label_view>;
    return registry_->counter_instance(prefix_, what->name,
                                       span{labels.data(), labels.size()},
                                       what->help, what->unit, true);
  }

  caf::telemetry::metric_registry* registry_;
  const std::string prefix_;
  const std::string node_;
  std::mutex mutex_;
  std::map<key<std::string>, counter*, std::less<>> found_;
  std::map<const metric_row*, caf::telemetry::int_gauge*> gauges_;
};

metrics::metrics(caf::actor_system& sys, const node_id& node,
                 std::string_view name_space)
  : of_node_(std::make_shared<node_counters>(sys, node,
                                             is_metrics_namespace(name_space)
                                                 ? name_space
                                                 : default_metrics_namespace)) {
}

const std::string& metrics::prefix() const {
  return of_node_->prefix();
}

void metrics::show() {
  for (auto way : {direction::inbound, direction::outbound})
    std::ignore = of_node_->get(new_connections, way);
  std::ignore = of_node_->get(dialed_peers);
  std::ignore = of_node_->get(failed_dials);
  peers(0, 0);
  peers_known(0);
}

// -- messages -----------------------------------------------------------------

void metrics::dropped(channel_id channel, direction way,
                      std::string_view reason, uint32_t count) {
  drops(channel, way, reason)->inc(count);
}

caf::telemetry::int_counter* metrics::drops(channel_id channel, direction way,
                                            std::string_view reason) {
  return of_node_->get(dropped_messages, channel, way, reason);
}

traffic_counters metrics::traffic(channel_id channel, direction way) {
  const auto in = way == direction::inbound;
  return {of_node_->get(in ? received_bytes : sent_bytes, channel),
          of_node_->get(in ? received_messages : sent_messages, channel)};
}

// -- connections --------------------------------------------------------------

void metrics::connecting(direction way) {
  of_node_->get(new_connections, way)->inc();
}

void metrics::refused(direction way, std::string_view reason) {
  of_node_->get(refused_connections, way, reason)->inc();
}

void metrics::dialed() {
  of_node_->get(dialed_peers)->inc();
}

void metrics::dial_failed() {
  of_node_->get(failed_dials)->inc();
}

void metrics::disconnected(std::string_view reason) {
  of_node_->get(disconnected_peers, reason)->inc();
}

void metrics::evicted(std::string_view reason) {
  of_node_->get(evicted_peers, reason)->inc();
}

// -- peers --------------------------------------------------------------------

void metrics::peers(size_t inbound, size_t outbound) {
  of_node_->set(connected_peers, inbound + outbound);
  of_node_->set(incoming_peers, inbound);
  of_node_->set(outgoing_peers, outbound);
}

void metrics::peers_known(size_t count) {
  of_node_->set(known_peers, count);
}

} // namespace troupe
