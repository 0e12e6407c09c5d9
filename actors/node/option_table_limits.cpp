// SPDX-License-Identifier: Apache-2.0
//
// The rows of the option table about connections, strangers and times.
#include "troupe/actors/node/option_checks.hpp"
#include "troupe/actors/node/option_fields.hpp"
#include "troupe/actors/node/option_table.hpp"

namespace troupe {

namespace {

using namespace option_words;

constexpr uint64_t one = 1;

/// The shortest time.
constexpr duration moment{1};

using opts = node_options;

std::vector<node_option> connection_options() {
  constexpr std::string_view group = "Connections";
  return {
      row_for<opts, &opts::max_connected>({.name = "max-connected",
                                           .group = group,
                                           .type = count,
                                           .help = "most connections, both "
                                                   "ways",
                                           .zero = "no limit",
                                           .cometbft = "max_connections",
                                           .at_run_time = true}),
      row_for<opts, &opts::max_connected_upgrade>(
          {.name = "max-connected-upgrade",
           .group = group,
           .type = count,
           .help = "connections above that while a better peer takes a place",
           .at_run_time = true}),
      row_for<opts, &opts::max_outgoing>(
          {.name = "max-outgoing",
           .group = group,
           .type = count,
           .help = "most connections that we dialed",
           .zero = "all may be",
           .cometbft = "max_num_outbound_peers max_outgoing_connections",
           .at_run_time = true}),
      row_for<opts, &opts::max_incoming>(
          {.name = "max-incoming",
           .group = group,
           .type = count,
           .help = "most connections that others dialed",
           .documentation = "The rest is left for those that we dial.",
           .zero = "four in five of max-connected",
           .cometbft = "max_num_inbound_peers",
           .at_run_time = true}),
      row_for<opts, &opts::max_visitors>(
          {.name = "max-visitors",
           .group = group,
           .type = count,
           .help = "most connections above that of peers that visit",
           .documentation
           = "Who dials us when all slots are taken may ask whom we know, and "
             "has to go after five seconds; one of each subnet at a time. So a "
             "newcomer joins through a node that is full. Nobody visits a node "
             "without peer exchange.",
           .zero = "who finds no slot is refused",
           .at_run_time = true}),
      row_for<opts, &opts::max_dials>({.name = "max-dials",
                                       .group = group,
                                       .type = count,
                                       .help = "most dials at once",
                                       .least = one}),
  };
}

std::vector<node_option> stranger_options() {
  constexpr std::string_view group = "Strangers";
  return {
      row_for<opts, &opts::max_accepted>(
          {.name = "max-accepted",
           .group = group,
           .type = count,
           .help = "most accepted connections, in whatever state",
           .documentation = "Further ones wait in the kernel's backlog.",
           .zero = "three for each slot, and those in handshake"}),
      row_for<opts, &opts::handshakes, &handshake_limits::max>(
          {.name = "max-handshakes",
           .group = group,
           .type = count,
           .help = "most accepted connections in handshake",
           .least = one}),
      row_for<opts, &opts::handshakes, &handshake_limits::max_per_ip>(
          {.name = "max-handshakes-per-ip",
           .group = group,
           .type = count,
           .help = "those of one IP address",
           .least = one}),
      row_for<opts, &opts::handshakes, &handshake_limits::max_per_subnet>(
          {.name = "max-handshakes-per-subnet",
           .group = group,
           .type = count,
           .help = "those of one subnet",
           .least = one}),
      row_for<opts, &opts::inbound, &inbound_limits::max_per_ip>(
          {.name = "max-per-ip",
           .group = group,
           .type = count,
           .help = "most accepted connections of one IP address",
           .least = one,
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::max_per_subnet>(
          {.name = "max-per-subnet",
           .group = group,
           .type = count,
           .help = "those of one subnet",
           .least = one,
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::subnet_limits>(
          {.name = "subnet-limits",
           .group = group,
           .type = option_type::word,
           .help = "which subnets have addresses that count together",
           .documentation
           = "public: those that can be reached from everywhere; whoever is in "
             "a private network or on this machine counts for himself. all: "
             "all.",
           .words = {"public", "all"},
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::subnet,
              &subnet_size::bits_v4>({.name = "subnet-bits-v4",
                                      .group = group,
                                      .type = count,
                                      .unit = "bits",
                                      .help = "size of an IPv4 subnet",
                                      .least = one,
                                      .most = uint64_t{32},
                                      .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::subnet,
              &subnet_size::bits_v6>({.name = "subnet-bits-v6",
                                      .group = group,
                                      .type = count,
                                      .unit = "bits",
                                      .help = "size of an IPv6 subnet",
                                      .least = one,
                                      .most = uint64_t{128},
                                      .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::ip_rate>(
          {.name = "ip-rate",
           .group = group,
           .type = number,
           .unit = "a second",
           .help = "attempts of one IP address, ten times that at once",
           .least = 0.0,
           .zero = "no limit",
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::subnet_rate>(
          {.name = "subnet-rate",
           .group = group,
           .type = number,
           .unit = "a second",
           .help = "those of one subnet",
           .least = 0.0,
           .zero = "no limit",
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::total_rate>(
          {.name = "total-rate",
           .group = group,
           .type = number,
           .unit = "a second",
           .help = "handshakes that others begin",
           .documentation = "This is what strangers can have of the processor.",
           .least = 0.0,
           .zero = "no limit",
           .at_run_time = true}),
      row_for<opts, &opts::inbound, &inbound_limits::exempt>(
          {.name = "exempt-ips",
           .group = group,
           .type = option_type::list,
           .placeholder = "IP[/BITS],...",
           .help = "networks without limits of connections and attempts",
           .documentation = "Sentries, for example, or a proxy that all others "
                            "come through.",
           .check = check_ip_network,
           .at_run_time = true}),
  };
}

std::vector<node_option> time_options() {
  constexpr std::string_view group = "Times";
  return {
      row_for<opts, &opts::resolve_timeout>({.name = "resolve-timeout",
                                             .group = group,
                                             .type = timed,
                                             .help = "time to look up a host",
                                             .least = moment}),
      row_for<opts, &opts::dial_timeout>({.name = "dial-timeout",
                                          .group = group,
                                          .type = timed,
                                          .help = "time to connect",
                                          .least = moment,
                                          .cometbft = "dial_timeout"}),
      row_for<opts, &opts::handshake_timeout>(
          {.name = "handshake-timeout",
           .group = group,
           .type = timed,
           .help = "time for a handshake",
           .least = moment,
           .cometbft = "handshake_timeout"}),
      row_for<opts, &opts::retry, &retry_options::min_retry_time>(
          {.name = "min-retry-time",
           .group = group,
           .type = timed,
           .help = "wait after a dial failed; doubles with every further one",
           .least = moment}),
      row_for<opts, &opts::retry, &retry_options::max_retry_time>(
          {.name = "max-retry-time",
           .group = group,
           .type = timed,
           .help = "longest wait",
           .least = moment}),
      row_for<opts, &opts::retry, &retry_options::max_retry_time_persistent>(
          {.name = "max-retry-time-persistent",
           .group = group,
           .type = timed,
           .help = "longest wait for a persistent peer",
           .least = moment,
           .cometbft = "persistent_peers_max_dial_period"}),
      row_for<opts, &opts::retry, &retry_options::retry_time_jitter>(
          {.name = "retry-time-jitter",
           .group = group,
           .type = timed,
           .help = "up to this much is added to each wait",
           .least = duration::zero()}),
      row_for<opts, &opts::disconnect_cooldown>(
          {.name = "disconnect-cooldown",
           .group = group,
           .type = timed,
           .help = "wait after a connection ended",
           .least = duration::zero()}),
      row_for<opts, &opts::probe_time>(
          {.name = "probe-time",
           .group = group,
           .type = timed,
           .help = "silence after which a peer that comes in again is let in",
           .least = moment}),
  };
}

} // namespace

std::vector<node_option> limit_options() {
  auto result = connection_options();
  for (auto&& part : {stranger_options(), time_options()})
    result.insert(result.end(), part.begin(), part.end());
  return result;
}

} // namespace troupe
