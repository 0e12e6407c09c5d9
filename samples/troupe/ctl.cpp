// SPDX-License-Identifier: Apache-2.0
//
// troupe ctl
#include <charconv>
#include <chrono>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include <caf/config_value.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/operator/control_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/peer_printer.hpp"
#include "troupe/samples/troupe/rate_setting.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view commands = R"(
  list                          the peers, and why each is or is not connected
  dial [mconn://]ID@HOST:PORT   dials now, whatever the backoff; or just ID
  disconnect ID                 ends the connection
  ban ID TIME [REASON]          keeps a peer out, for 30min or 24h
  unban ID                      ends a ban
  limits [NAME=NUMBER ...]      shows limits, and changes them before: NAME is
                                max-connected, max-connected-upgrade,
                                max-outgoing, max-incoming, max-per-ip,
                                max-per-subnet, ip-rate, subnet-rate or
                                total-rate; none: no limit

IP:PORT is what 'troupe start --ctl' has printed.
)";

/// More peers than this are a matter for 'troupe peers'.
constexpr uint64_t peers_max = 10'000;

struct ctl_config : command_config {
  ctl_config()
    : command_config("ctl IP:PORT COMMAND [ARGUMENTS] [--timeout 5s] "
                     "[--json]") {
    options()
        .add(timeout, "timeout", "time for an answer; default: 5s")
        .add(json, "json", "prints each answer as a JSON object on a line");
  }

  caf::timespan timeout = 5s;
  bool json = false;
};

failure refuse(std::string_view what, std::string_view value,
               std::string_view expected) {
  return {errc::invalid_option, fmt::format("{} {}: expected {}", what,
                                            troupe::quoted(value), expected)};
}

template <class T>
std::optional<T> read_number(const std::string& text) {
  T number{};
  auto [end, code]
      = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || text.empty() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// Reads `max-outgoing=10` into limits.
failure change(all_limits& limits, const std::string& text) {
  const auto equals = std::min(text.find('='), text.size());
  const auto name = text.substr(0, equals);
  const auto value = text.substr(std::min(equals + 1, text.size()));
  const auto count = read_number<size_t>(value);
  const auto rate = read_number<double>(value);
  if (!rate && value != "none")
    return refuse("limit", text, "NAME=NUMBER or NAME=none");
  auto& [connections, inbound] = limits;
  // No limit is an absent number here, unlike on the command line of a node.
  const auto is_count = count || !rate;
  const auto is_rate = !rate || *rate > 0;
  if (name == "max-connected" && is_count)
    connections.max_connected = count;
  else if (name == "max-outgoing" && is_count)
    connections.max_outgoing = count;
  else if (name == "max-incoming" && is_count)
    connections.max_incoming = count;
  else if (name == "max-connected-upgrade" && count)
    connections.max_connected_upgrade = *count;
  else if (name == "max-per-ip" && count)
    inbound.max_per_ip = *count;
  else if (name == "max-per-subnet" && count)
    inbound.max_per_subnet = *count;
  else if (name == "ip-rate" && is_rate)
    set_rate(inbound.ip_rate, rate.value_or(0));
  else if (name == "subnet-rate" && is_rate)
    set_rate(inbound.subnet_rate, rate.value_or(0));
  else if (name == "total-rate" && is_rate)
    set_rate(inbound.total_rate, rate.value_or(0));
  else
    return refuse("limit", text, "a limit, and a value that it can have");
  return {};
}

/// One session with a node: sends a request, prints the answer.
class session {
public:
  session(caf::actor_system& sys, const ctl_config& config, control_actor node)
    : self_(sys),
      config_(config),
      node_(std::move(node)) {}

  int run() {
    const auto& words = config_.operands();
    const auto& command = words[1];
    const auto count = words.size() - 2;
    if (command == "list" && count == 0)
      return list();
    if (command == "dial" && count == 1)
      return dial(words[2]);
    if (command == "limits")
      return limits({words.begin() + 2, words.end()});
    if (command == "ban" && count >= 2)
      return ban(words);
    if ((command == "disconnect" || command == "unban") && count == 1) {
      auto id = node_id::parse_any_case(words[2]);
      if (!id)
        return complain_about(refuse("peer", words[2], "a node ID"));
      return command == "unban" ? order(unban_atom_v, *id)
                                : order(disconnect_atom_v, *id);
    }
    return complain_about({errc::invalid_option,
                           fmt::format("command {}: unknown, or a wrong number "
                                       "of arguments; 'troupe ctl --help' "
                                       "lists them",
                                       troupe::quoted(command))});
  }

private:
  int list() {
    return ask<std::vector<peer_report>>(
        [this](const std::vector<peer_report>& peers) {
          for (const auto& peer : peers)
            print_peer(peer, config_.json);
        },
        list_atom_v, peers_max);
  }

  int dial(const std::string& text) {
    node_address address;
    if (auto id = node_id::parse_any_case(text)) {
      address.id = *id;
      address.protocol.clear();
    } else if (auto parsed = node_address::parse(text)) {
      address = *parsed;
    } else {
      return complain_about(refuse("peer", text, "ID or ID@HOST:PORT"));
    }
    return order(dial_atom_v, address);
  }

  int ban(const words& all) {
    auto id = node_id::parse_any_case(all[2]);
    if (!id)
      return complain_about(refuse("peer", all[2], "a node ID"));
    auto time = caf::get_as<caf::timespan>(caf::config_value{all[3]});
    if (!time || *time <= 0s)
      return complain_about(refuse("time", all[3], "a time like 30min or 24h"));
    std::string reason;
    for (size_t i = 4; i < all.size(); ++i)
      reason += (i > 4 ? " " : "") + all[i];
    return order(ban_atom_v, *id, *time,
                 reason.empty() ? std::string{"by operator"} : reason);
  }

  int limits(const words& changes) {
    all_limits found;
    auto status = ask<connection_limits>(
        [&found](const connection_limits& x) { found.connections = x; },
        caf::get_atom_v, limits_atom_v);
    if (status == success)
      status = ask<inbound_limits>(
          [&found](const inbound_limits& x) { found.inbound = x; },
          caf::get_atom_v, limits_atom_v, accept_atom_v);
    if (status != success)
      return status;
    auto wanted = found;
    for (const auto& text : changes)
      if (auto bad = change(wanted, text); bad.code != errc::none)
        return complain_about(bad);
    if (wanted.connections != found.connections)
      status = order(limits_atom_v, wanted.connections);
    if (status == success && wanted.inbound != found.inbound)
      status = order(limits_atom_v, wanted.inbound);
    if (status == success)
      print_limits(wanted, config_.json);
    return status;
  }

  /// Sends a request that is answered with nothing.
  template <class... Ts>
  int order(const Ts&... xs) {
    auto status = success;
    self_->request(node_, config_.timeout, xs...)
        .receive([] {},
                 [&](const caf::error& reason) { status = fail(reason); });
    return status;
  }

  template <class T, class F, class... Ts>
  int ask(F print, const Ts&... xs) {
    auto status = success;
    self_->request(node_, config_.timeout, xs...)
        .receive([&](const T& answer) { print(answer); },
                 [&](const caf::error& reason) { status = fail(reason); });
    return status;
  }

  int fail(const caf::error& reason) const {
    return complain(failed, fmt::format("{}: {}", config_.operands()[1],
                                        reason == caf::sec::request_timeout
                                            ? std::string{"no answer in time"}
                                            : text_of(reason)));
  }

  static int complain_about(const failure& what) {
    return complain(bad_usage, to_string(what));
  }

  caf::scoped_actor self_;
  const ctl_config& config_;
  control_actor node_;
};

/// What a human should read when there is nobody to talk to.
std::string_view explain(const caf::error& reason) {
  if (reason == caf::sec::cannot_connect_to_node)
    return "nobody listens there";
  if (reason == caf::sec::connection_timeout)
    return "no answer in time";
  return "whoever listens there is no node that can be steered";
}

int steer(ctl_config& config) {
  auto where = parse_endpoint(config.operands().front());
  if (!where || !where->ip || where->port == 0)
    return complain(bad_usage,
                    fmt::format("address {}: expected IP:PORT",
                                troupe::quoted(config.operands().front())));
  // With each heartbeat, CAF looks for connections that have been silent.
  config.set("caf.middleman.heartbeat-interval", config.timeout / 4);
  config.set("caf.middleman.connection-timeout", config.timeout);
  caf::actor_system sys{config};
  auto node = sys.middleman().remote_actor<control_actor>(to_string(*where->ip),
                                                          where->port);
  if (!node)
    return complain(failed, fmt::format("{}: {}", config.operands().front(),
                                        explain(node.error())));
  return session{sys, config, std::move(*node)}.run();
}

} // namespace

int run_ctl(const words& arguments) {
  ctl_config config;
  if (auto status = config.begin(arguments, 2, SIZE_MAX, commands))
    return *status;
  if (config.timeout < 1ms)
    return complain(bad_usage, "option --timeout is below 1ms");
  return steer(config);
}

} // namespace troupe::command
