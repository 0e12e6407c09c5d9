// SPDX-License-Identifier: Apache-2.0
//
// The rows of the option table about what goes over connections, and what is
// counted.
#include "troupe/actors/node/option_checks.hpp"
#include "troupe/actors/node/option_fields.hpp"
#include "troupe/actors/node/option_table.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"

namespace troupe {

namespace {

using namespace option_words;

constexpr std::string_view a_second = "bytes a second";

using opts = node_options;

/// A row for a field of the connection.
template <auto... Path>
node_option stream_row(option_info info) {
  return row_for<opts, &opts::stream, Path...>(std::move(info));
}

template <auto Field>
node_option receive_row(option_info info) {
  return stream_row<&mconn_stream_options::receive, Field>(std::move(info));
}

std::vector<node_option> stream_options() {
  using stream = mconn_stream_options;
  constexpr std::string_view group = "Traffic";
  return {
      stream_row<&stream::keepalive, &keepalive_options::ping_interval>(
          {.name = "ping-interval",
           .group = group,
           .type = timed,
           .help = "time between keepalives",
           .least = std::chrono::milliseconds{1}}),
      stream_row<&stream::keepalive, &keepalive_options::pong_timeout>(
          {.name = "pong-timeout",
           .group = group,
           .type = timed,
           .help = "silence after which a peer counts as gone",
           .documentation = "At least one and a half times ping-interval, so "
                            "that one late answer is not fatal.",
           .least = std::chrono::milliseconds{1}}),
      stream_row<&stream::send_rate>({.name = "send-rate",
                                      .group = group,
                                      .type = count,
                                      .unit = a_second,
                                      .help = "most to each peer",
                                      .zero = "no limit",
                                      .cometbft = "send_rate"}),
      stream_row<&stream::recv_rate>({.name = "recv-rate",
                                      .group = group,
                                      .type = count,
                                      .unit = a_second,
                                      .help = "most from each peer",
                                      .zero = "no limit",
                                      .cometbft = "recv_rate"}),
      stream_row<&stream::node_send_rate>({.name = "node-send-rate",
                                           .group = group,
                                           .type = count,
                                           .unit = a_second,
                                           .help = "most to all peers together",
                                           .zero = "no limit"}),
      stream_row<&stream::node_recv_rate>(
          {.name = "node-recv-rate",
           .group = group,
           .type = count,
           .unit = a_second,
           .help = "most from all peers together",
           .zero = "no limit"}),
      stream_row<&stream::send_payload_max>(
          {.name = "send-payload-max",
           .group = group,
           .type = count,
           .unit = "bytes",
           .help = "most of a packet that we send",
           .documentation
           = "CometBFT accepts 1024 unless it is told otherwise.",
           .least = uint64_t{1},
           .most = uint64_t{mconn_stream::send_payload_limit},
           .cometbft = "max_packet_msg_payload_size"}),
      stream_row<&stream::recv_payload_max>(
          {.name = "recv-payload-max",
           .group = group,
           .type = count,
           .unit = "bytes",
           .help = "most of a packet that we accept",
           .documentation = "Tendermint 0.35 sends 1400.",
           .least = uint64_t{1},
           .most = uint64_t{max_packet_payload}}),
      row_for<opts, &opts::queue_type>(
          {.name = "queue-type",
           .group = group,
           .placeholder = "wdrr|priority|fifo",
           .help = "order of messages to a peer when there are more than the "
                   "network takes",
           .documentation
           = "wdrr: channels share by their priorities. priority: those of a "
             "higher priority always go first and can starve the others. fifo: "
             "as they came.",
           .check = check_queue_type,
           .cometbft = "queue_type"}),
      receive_row<&receive_limits::unknown_channel>(
          {.name = "unknown-channel",
           .group = group,
           .type = option_type::word,
           .help = "what becomes of messages on channels that are not open",
           .documentation = "ignore: they are dropped. disconnect: the first "
                            "one ends its connection.",
           .words = {"ignore", "disconnect"}}),
  };
}

std::vector<node_option> memory_options() {
  constexpr std::string_view group = "Memory";
  return {
      receive_row<&receive_limits::connection_memory>(
          {.name = "connection-memory",
           .group = group,
           .type = count,
           .unit = "bytes",
           .help = "most of a connection that arrived and is not handled",
           .least = uint64_t{1024} * 1024}),
      receive_row<&receive_limits::node_memory>(
          {.name = "node-memory",
           .group = group,
           .type = count,
           .unit = "bytes",
           .help = "that of all connections; beyond, the one that has most "
                   "ends",
           .least = uint64_t{1024} * 1024}),
      receive_row<&receive_limits::progress_bytes>(
          {.name = "progress-bytes",
           .group = group,
           .type = count,
           .unit = "bytes",
           .help = "what a message that has not arrived whole has to grow",
           .least = uint64_t{1}}),
      receive_row<&receive_limits::progress_time>(
          {.name = "progress-time",
           .group = group,
           .type = timed,
           .help = "in this time, or its connection ends",
           .least = std::chrono::milliseconds{1},
           .most = std::chrono::hours{24}}),
  };
}

} // namespace

std::vector<node_option> traffic_options() {
  auto result = stream_options();
  for (auto& row : memory_options())
    result.push_back(std::move(row));
  result.push_back(row_for<opts, &opts::metrics_namespace>(
      {.name = "metrics-namespace",
       .group = "Metrics and logs",
       .placeholder = "NAME",
       .help = "how the names of metrics begin",
       .check = check_metrics_namespace,
       .cometbft = "namespace"}));
  return result;
}

} // namespace troupe
