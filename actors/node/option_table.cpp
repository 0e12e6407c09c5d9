// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_table.hpp"

#include <iterator>
#include <utility>

#include "troupe/actors/node/option_checks.hpp"

namespace troupe {

namespace {

constexpr auto list = option_type::list;

using opts = node_options;

std::vector<node_option> join(std::vector<std::vector<node_option>> parts) {
  std::vector<node_option> result;
  for (auto& part : parts)
    std::ranges::move(part, std::back_inserter(result));
  return result;
}

} // namespace

std::vector<node_option> address_options() {
  return {
      row_for<opts, &opts::network>(
          {.name = "network",
           .group = "Identity",
           .placeholder = "NAME",
           .help = "name of the network",
           .documentation = "Nodes of different networks do not connect. It is "
                            "the chain ID of a CometBFT network.",
           .check = check_network,
           .cometbft = "chain_id"}),
      row_for<opts, &opts::moniker>(
          {.name = "moniker",
           .group = "Identity",
           .placeholder = "NAME",
           .help = "name of the node, for humans: printable ASCII",
           .check = check_moniker,
           .cometbft = "moniker"}),
      row_for<opts, &opts::listen>(
          {.name = "listen",
           .group = "Addresses",
           .type = list,
           .placeholder = "[mconn://]IP:PORT,...",
           .help = "where to listen, several with commas between",
           .documentation
           = "Port 0 takes any free port; [::] is all of IPv6 and nothing of "
             "IPv4. An empty list in a configuration file does not listen: "
             "such a node only dials.",
           .check = check_listen,
           .cometbft = "laddr"}),
      row_for<opts, &opts::external_address>(
          {.name = "external-address",
           .group = "Addresses",
           .placeholder = "HOST:PORT",
           .help = "where others reach us, if not where we listen",
           .check = check_external_address,
           .cometbft = "external_address"}),
      row_for<opts, &opts::port_mapping>(
          {.name = "port-mapping",
           .group = "Addresses",
           .placeholder = "natpmp,upnp|any|none",
           .help = "how to ask the gateway to the internet for a port that "
                   "leads to us",
           .check = check_port_mapping}),
      row_for<opts, &opts::persistent_peers>(
          {.name = "persistent-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID@HOST:PORT,...",
           .help = "peers that are always kept connected; without a port it is "
                   "26656",
           .check = check_peer,
           .cometbft = "persistent_peers"}),
      row_for<opts, &opts::bootstrap_peers>(
          {.name = "bootstrap-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID@HOST:PORT,...",
           .help = "peers to begin with, seeds for example",
           .check = check_peer,
           .cometbft = "seeds bootstrap_peers"}),
      row_for<opts, &opts::preferred_peers>(
          {.name = "preferred-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID[@HOST:PORT],...",
           .help = "peers that go before others",
           .documentation
           = "Validators or sentries, for example. They are dialed before "
             "ordinary peers, get a slot in place of one, and never make way; "
             "but nobody keeps a slot free for them, as for persistent ones.",
           .check = check_peer_or_id}),
      row_for<opts, &opts::preferred_weight>(
          {.name = "preferred-weight",
           .group = "Peers",
           .type = option_type::count,
           .help = "how many times as much as others they may say",
           .documentation
           = "While messages of several peers wait for a reactor, a preferred "
             "one gets so many bytes through for each byte of another, also if "
             "it is persistent or unconditional as well. 1: all get the same.",
           .least = uint64_t{1},
           .most = uint64_t{100}}),
      row_for<opts, &opts::unconditional_peers>(
          {.name = "unconditional-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID,...",
           .help = "peers that limits neither count nor keep out",
           .check = check_id,
           .cometbft = "unconditional_peer_ids"}),
      row_for<opts, &opts::private_peers>(
          {.name = "private-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID,...",
           .help = "peers that others are not told of",
           .check = check_id,
           .cometbft = "private_peer_ids"}),
      row_for<opts, &opts::blocked_peers>(
          {.name = "blocked-peers",
           .group = "Peers",
           .type = list,
           .placeholder = "ID,...",
           .help = "peers that are neither dialed nor accepted",
           .check = check_id}),
      row_for<opts, &opts::address_book_strict>(
          {.name = "addr-book-strict",
           .group = "Peers",
           .type = option_type::boolean,
           .help = "whether private addresses count only within their network",
           .documentation
           = "What peers say about addresses of private networks and of this "
             "machine is then believed of and told to those only that we are "
             "connected to there.",
           .cometbft = "addr_book_strict"}),
      row_for<opts, &opts::max_peers>(
          {.name = "max-peers",
           .group = "Peers",
           .type = option_type::count,
           .help = "most peers that are remembered",
           .documentation = "The worst are forgotten first.",
           .least = uint64_t{1}}),
      row_for<opts, &opts::allow_ips>(
          {.name = "allow-ips",
           .group = "Filters",
           .type = list,
           .placeholder = "IP[/BITS],...",
           .help = "networks that may connect and be dialed; none: all",
           .check = check_ip_network}),
      row_for<opts, &opts::deny_ips>(
          {.name = "deny-ips",
           .group = "Filters",
           .type = list,
           .placeholder = "IP[/BITS],...",
           .help = "networks that may not, even if allowed",
           .check = check_ip_network}),
  };
}

const std::vector<node_option>& option_table() {
  static const auto all
      = join({address_options(), limit_options(), traffic_options()});
  return all;
}

} // namespace troupe
