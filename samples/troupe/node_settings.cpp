// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/node_settings.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <caf/make_config_option.hpp>

#include "troupe/messages/quoted.hpp"
#include "troupe/transport/admission/rate_setting.hpp"

namespace troupe::command {

namespace {

/// 0 means no limit.
std::optional<uint64_t> limit_of(uint64_t value) {
  return value > 0 ? std::optional{value} : std::nullopt;
}

} // namespace

words split(const std::string& list) {
  words result;
  for (size_t begin = 0; begin < list.size();) {
    auto end = std::min(list.find(',', begin), list.size());
    auto item = list.substr(begin, end - begin);
    item.erase(0, item.find_first_not_of(' '));
    item.erase(item.find_last_not_of(' ') + 1);
    if (!item.empty())
      result.push_back(std::move(item));
    begin = end + 1;
  }
  return result;
}

void node_settings::add_to(caf::config_option_adder& group) {
  const inbound_limits inbound;
  const handshake_limits handshakes;
  const retry_options retry;
  const mconn_stream_options stream;
  // The key is of no interest.
  const node_options defaults{
      .key = node_key::from_seed(std::array<std::byte, 32>{})};
  max_connected_ = defaults.max_connected.value_or(0);
  max_connected_upgrade_ = defaults.max_connected_upgrade;
  max_peers_ = defaults.max_peers;
  max_outgoing_ = defaults.max_outgoing.value_or(0);
  max_incoming_ = defaults.max_incoming.value_or(0);
  max_dials_ = defaults.max_dials;
  max_accepted_ = defaults.max_accepted.value_or(0);
  max_handshakes_ = handshakes.max;
  max_handshakes_per_ip_ = handshakes.max_per_ip;
  max_handshakes_per_subnet_ = handshakes.max_per_subnet;
  max_per_ip_ = inbound.max_per_ip;
  max_per_subnet_ = inbound.max_per_subnet;
  subnet_limits_ = to_string(inbound.subnet_limits);
  subnet_bits_v4_ = inbound.subnet.bits_v4;
  subnet_bits_v6_ = inbound.subnet.bits_v6;
  ip_rate_ = setting_of(inbound.ip_rate);
  subnet_rate_ = setting_of(inbound.subnet_rate);
  total_rate_ = setting_of(inbound.total_rate);
  resolve_timeout_ = defaults.resolve_timeout;
  dial_timeout_ = defaults.dial_timeout;
  handshake_timeout_ = defaults.handshake_timeout;
  min_retry_time_ = retry.min_retry_time;
  max_retry_time_ = retry.max_retry_time;
  max_retry_time_persistent_ = retry.max_retry_time_persistent;
  retry_time_jitter_ = retry.retry_time_jitter;
  disconnect_cooldown_ = defaults.disconnect_cooldown;
  probe_time_ = defaults.probe_time;
  ping_interval_ = stream.keepalive.ping_interval;
  pong_timeout_ = stream.keepalive.pong_timeout;
  send_rate_ = stream.send_rate.value_or(0);
  recv_rate_ = stream.recv_rate.value_or(0);
  node_send_rate_ = stream.node_send_rate.value_or(0);
  node_recv_rate_ = stream.node_recv_rate.value_or(0);
  send_payload_max_ = stream.send_payload_max;
  recv_payload_max_ = stream.recv_payload_max;
  queue_type_ = defaults.queue_type;
  unknown_channel_ = to_string(stream.receive.unknown_channel);
  connection_memory_ = stream.receive.connection_memory;
  node_memory_ = stream.receive.node_memory;
  progress_bytes_ = stream.receive.progress_bytes;
  progress_time_ = stream.receive.progress_time;
  group
      .add(external_address_, "external-address",
           "HOST:PORT where others reach us, if not where we listen")
      .add(unconditional_peers_, "unconditional-peers",
           "ID,... that limits neither count nor keep out")
      .add(private_peers_, "private-peers",
           "ID,... that others are not told of")
      .add(blocked_peers_, "blocked-peers",
           "ID,... that are neither dialed nor accepted")
      .add(allow_ips_, "allow-ips",
           "IP/BITS,... that may connect and be dialed; default: all")
      .add(deny_ips_, "deny-ips", "IP/BITS,... that may not, even if allowed")
      .add(exempt_ips_, "exempt-ips",
           "IP/BITS,... without limits of connections and attempts")
      .add(max_connected_, "max-connected", "most connections; 0: no limit")
      .add(max_connected_upgrade_, "max-connected-upgrade",
           "connections above that while a better peer takes a place")
      .add(max_peers_, "max-peers", "most peers that are remembered")
      .add(max_outgoing_, "max-outgoing",
           "most connections that we dialed; 0: all may be")
      .add(max_incoming_, "max-incoming",
           "most connections that others dialed; 0: four in five")
      .add(max_dials_, "max-dials", "most dials at once")
      .add(max_accepted_, "max-accepted",
           "most accepted connections, in whatever state; 0: three for each "
           "slot, and those in handshake")
      .add(max_handshakes_, "max-handshakes",
           "most accepted connections in handshake")
      .add(max_handshakes_per_ip_, "max-handshakes-per-ip",
           "those of one IP address")
      .add(max_handshakes_per_subnet_, "max-handshakes-per-subnet",
           "those of one subnet")
      .add(max_per_ip_, "max-per-ip",
           "most accepted connections of one IP address")
      .add(max_per_subnet_, "max-per-subnet", "those of one subnet")
      .add(subnet_limits_, "subnet-limits",
           "public: addresses of private networks count for themselves; all: "
           "subnets of all networks count")
      .add(subnet_bits_v4_, "subnet-bits-v4", "size of an IPv4 subnet")
      .add(subnet_bits_v6_, "subnet-bits-v6", "size of an IPv6 subnet")
      .add(ip_rate_, "ip-rate",
           "attempts a second of one IP address, ten times that at once; 0: "
           "no limit")
      .add(subnet_rate_, "subnet-rate", "those of one subnet")
      .add(total_rate_, "total-rate", "handshakes a second that others begin")
      .add(resolve_timeout_, "resolve-timeout", "time to look up a host")
      .add(dial_timeout_, "dial-timeout", "time to connect")
      .add(handshake_timeout_, "handshake-timeout", "time for a handshake")
      .add(min_retry_time_, "min-retry-time",
           "wait after a dial failed; doubles with every further one")
      .add(max_retry_time_, "max-retry-time", "longest wait")
      .add(max_retry_time_persistent_, "max-retry-time-persistent",
           "longest wait for a persistent peer")
      .add(retry_time_jitter_, "retry-time-jitter",
           "up to this much is added to each wait")
      .add(disconnect_cooldown_, "disconnect-cooldown",
           "wait after a connection ended")
      .add(probe_time_, "probe-time",
           "silence after which a peer that comes in again is let in")
      .add(ping_interval_, "ping-interval", "time between keepalives")
      .add(pong_timeout_, "pong-timeout",
           "silence after which a peer counts as gone")
      .add(send_rate_, "send-rate", "bytes a second to each peer; 0: no limit")
      .add(recv_rate_, "recv-rate",
           "bytes a second from each peer; 0: no limit")
      .add(node_send_rate_, "node-send-rate",
           "bytes a second to all peers together; 0: no limit")
      .add(node_recv_rate_, "node-recv-rate",
           "bytes a second from all peers together; 0: no limit")
      .add(send_payload_max_, "send-payload-max",
           "most bytes of a packet that we send")
      .add(recv_payload_max_, "recv-payload-max",
           "most bytes of a packet that we accept")
      .add(queue_type_, "queue-type",
           "order of messages to a peer: 'wdrr', channels share by priority; "
           "'priority', strictly by priority; 'fifo', as they came")
      .add(unknown_channel_, "unknown-channel",
           "what messages on channels that are not open do: 'ignore', they are "
           "dropped; 'disconnect'")
      .add(connection_memory_, "connection-memory",
           "most bytes of a connection that arrived and are not handled")
      .add(node_memory_, "node-memory",
           "those of all connections; beyond, the one that has most ends")
      .add(progress_bytes_, "progress-bytes",
           "what a message that has not arrived whole has to grow")
      .add(progress_time_, "progress-time",
           "in this time, or its connection ends");
}

failure node_settings::apply(node_options& options) const {
  options.external_address = external_address_;
  options.unconditional_peers = split(unconditional_peers_);
  options.private_peers = split(private_peers_);
  options.blocked_peers = split(blocked_peers_);
  options.allow_ips = split(allow_ips_);
  options.deny_ips = split(deny_ips_);
  for (const auto& item : split(exempt_ips_)) {
    auto network = ip_network::parse(item);
    if (!network)
      return {errc::invalid_option,
              fmt::format("exempt_ips: {}", to_string(network.error()))};
    options.inbound.exempt.push_back(*network);
  }
  options.max_connected = limit_of(max_connected_);
  options.max_connected_upgrade = max_connected_upgrade_;
  options.max_peers = max_peers_;
  options.max_outgoing = limit_of(max_outgoing_);
  options.max_incoming = limit_of(max_incoming_);
  options.max_dials = max_dials_;
  options.max_accepted = limit_of(max_accepted_);
  options.handshakes.max = max_handshakes_;
  options.handshakes.max_per_ip = max_handshakes_per_ip_;
  options.handshakes.max_per_subnet = max_handshakes_per_subnet_;
  options.inbound.max_per_ip = max_per_ip_;
  options.inbound.max_per_subnet = max_per_subnet_;
  options.inbound.subnet = {subnet_bits_v4_, subnet_bits_v6_};
  if (!from_string(subnet_limits_, options.inbound.subnet_limits))
    return {errc::invalid_option,
            fmt::format("subnet_limits: is {}, expected public or all",
                        troupe::quoted(subnet_limits_))};
  set_rate(options.inbound.ip_rate, ip_rate_);
  set_rate(options.inbound.subnet_rate, subnet_rate_);
  set_rate(options.inbound.total_rate, total_rate_);
  // There is no option for it, as there is no reason to choose it.
  options.inbound.tracked_max
      = std::max(options.inbound.tracked_max, 2 * accepted_max(options));
  options.resolve_timeout = resolve_timeout_;
  options.dial_timeout = dial_timeout_;
  options.handshake_timeout = handshake_timeout_;
  options.retry = {.min_retry_time = min_retry_time_,
                   .max_retry_time = max_retry_time_,
                   .max_retry_time_persistent = max_retry_time_persistent_,
                   .retry_time_jitter = retry_time_jitter_};
  options.disconnect_cooldown = disconnect_cooldown_;
  options.probe_time = probe_time_;
  options.stream.keepalive
      = {.ping_interval = ping_interval_, .pong_timeout = pong_timeout_};
  options.stream.send_rate = limit_of(send_rate_);
  options.stream.recv_rate = limit_of(recv_rate_);
  options.stream.node_send_rate = limit_of(node_send_rate_);
  options.stream.node_recv_rate = limit_of(node_recv_rate_);
  options.stream.send_payload_max = send_payload_max_;
  options.stream.recv_payload_max = recv_payload_max_;
  options.queue_type = queue_type_;
  auto unknown = parse_unknown_channel_policy(unknown_channel_);
  if (!unknown)
    return {errc::invalid_option,
            fmt::format("unknown_channel: is '{}', expected 'ignore' or "
                        "'disconnect'",
                        unknown_channel_)};
  options.stream.receive = {.unknown_channel = *unknown,
                            .connection_memory = connection_memory_,
                            .node_memory = node_memory_,
                            .progress_bytes = progress_bytes_,
                            .progress_time = progress_time_};
  return {};
}

} // namespace troupe::command
