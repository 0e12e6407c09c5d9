// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/peer_metrics.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace troupe {

namespace {

/// A figure of a channel of a peer.
struct channel_figure {
  std::string_view name;
  metric_kind kind;
  std::string_view help;
  uint64_t channel_traffic::*value;
};

constexpr channel_figure channel_figures[] = {
    {"peer_receive_bytes_total", metric_kind::counter,
     "Bytes of messages from a connected peer.",
     &channel_traffic::received_bytes},
    {"peer_send_bytes_total", metric_kind::counter,
     "Bytes of messages to a connected peer.", &channel_traffic::sent_bytes},
    {"peer_pending_send_bytes", metric_kind::gauge,
     "Bytes of messages that wait to be sent to a peer.",
     &channel_traffic::queued_bytes},
    {"peer_dropped_msgs_total", metric_kind::counter,
     "Messages to a connected peer that were shed.", &channel_traffic::shed},
};

using labels = std::vector<metric_label>;

labels labels_of(const node_id& node, const peer_report& peer) {
  return {{"node", to_string(node)}, {"peer_id", to_string(peer.peer)}};
}

} // namespace

void append_peers(metrics_text& to, std::string_view prefix,
                  const node_id& node, const std::vector<peer_report>& peers) {
  std::vector<std::pair<labels, const peer_report*>> connected;
  for (const auto& peer : peers)
    if (peer.way)
      connected.emplace_back(labels_of(node, peer), &peer);
  auto begin
      = [&](std::string_view name, metric_kind kind, std::string_view help) {
          to.family(fmt::format("{}_{}", prefix, name), kind, help);
        };
  for (const auto& figure : channel_figures) {
    begin(figure.name, figure.kind, figure.help);
    for (const auto& [who, peer] : connected)
      for (const auto& traffic : peer->traffic.channels) {
        auto where = who;
        where.emplace_back("channel", fmt::format("{:#04x}", traffic.channel));
        to.sample(where, traffic.*figure.value);
      }
  }
  begin("peer_rtt_seconds", metric_kind::gauge,
        "How long a peer took for its last answer to a ping.");
  for (const auto& [who, peer] : connected)
    if (peer->traffic.rtt)
      to.sample(who, std::chrono::duration<double>{*peer->traffic.rtt}.count());
  begin("peer_score", metric_kind::gauge, "What a peer is worth, in points.");
  for (const auto& [who, peer] : connected)
    to.sample(who, peer->score.total());
}

} // namespace troupe
