// SPDX-License-Identifier: Apache-2.0
//
// troupe ctl
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <caf/config_value.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/operator/limits_patch.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/command_config.hpp"
#include "troupe/samples/troupe/commands.hpp"
#include "troupe/samples/troupe/foreign_names.hpp"
#include "troupe/samples/troupe/home.hpp"
#include "troupe/samples/troupe/nearest_name.hpp"
#include "troupe/samples/troupe/node_client.hpp"
#include "troupe/samples/troupe/peer_printer.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;
using object = nlohmann::ordered_json;

constexpr std::string_view commands = R"(
  list                          the peers, and why each is or is not connected
  dial [mconn://]ID@HOST:PORT   dials now, whatever the backoff; or just ID
  disconnect ID                 ends the connection
  ban ID TIME [REASON]          keeps a peer out, for 30min or 24h
  unban ID                      ends a ban
  forget ID                     forgets a peer that is not connected, and its
                                addresses
  limits [NAME=VALUE ...]       shows limits, and changes them before: NAME is
                                max-connected, max-connected-upgrade,
                                max-outgoing, max-incoming, max-visitors,
                                max-per-ip, max-per-subnet, ip-rate,
                                subnet-rate or total-rate with a number, or none
                                for no limit; or subnet-limits with public or
                                all

The same over HTTP: curl --unix-socket DIR/ctl.sock http://node/peers
)";

/// How a command is called.
struct form {
  std::string_view name;
  std::string_view arguments;
  size_t least;
  size_t most;
};

constexpr form forms[] = {
    {"list", "", 0, 0},
    {"dial", " ID@HOST:PORT, or just ID", 1, 1},
    {"disconnect", " ID", 1, 1},
    {"ban", " ID TIME [REASON]", 2, SIZE_MAX},
    {"unban", " ID", 1, 1},
    {"forget", " ID", 1, 1},
    {"limits", " [NAME=VALUE ...]", 0, SIZE_MAX},
};

/// What is wrong with the number of words, or with the first of them.
failure check_form(const words& all) {
  const auto& name = all.front();
  const auto* found = std::ranges::find(forms, name, &form::name);
  if (found != std::end(forms)) {
    const auto count = all.size() - 1;
    if (count >= found->least && count <= found->most)
      return {};
    return {errc::invalid_option,
            fmt::format("command {}: expected {}{}", troupe::quoted(name), name,
                        found->arguments)};
  }
  std::string advice{answer_to_foreign_request(name)};
  if (advice.empty()) {
    std::vector<std::string_view> names;
    for (const auto& each : forms)
      names.push_back(each.name);
    advice = did_you_mean(name, names);
  } else {
    advice.insert(0, "; ");
  }
  return {errc::invalid_option,
          fmt::format("unknown command {}{}; 'troupe ctl --help' lists them",
                      troupe::quoted(name), advice)};
}

/// What an operator can do about an answer, or what it means.
std::string_view advice_on(std::string_view command, errc code) {
  if (code == errc::unknown_peer)
    return command == "unban" ? "it is not banned"
                              : "nothing is known of it; 'troupe ctl list' "
                                "shows who is known";
  if (code == errc::banned && command == "dial")
    return "'unban ID' ends that";
  return {};
}

struct ctl_config : command_config {
  ctl_config()
    : command_config("ctl --home DIR COMMAND [ARGUMENTS] [--timeout 5s] "
                     "[--json]") {
    options()
        .add(home, "home", "folder of the node that runs")
        .add(socket, "ctl-socket", "where the node's socket is, if not there")
        .add(timeout, "timeout", "time for an answer; default: 5s")
        .add(json, "json", "prints each answer as a JSON object on a line");
  }

  std::string home;
  std::string socket;
  caf::timespan timeout = 5s;
  bool json = false;
};

constexpr std::string_view id_form
    = "a node ID, 40 hexadecimal digits, as 'troupe ctl list' shows them";

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

/// Adds `max-outgoing=10` to a change of limits.
failure add_change(object& changes, const std::string& text) {
  const auto equals = std::min(text.find('='), text.size());
  auto name = text.substr(0, equals);
  const auto value = text.substr(std::min(equals + 1, text.size()));
  std::replace(name.begin(), name.end(), '-', '_');
  if (value == "none")
    changes[name] = nullptr;
  else if (auto count = read_number<size_t>(value))
    changes[name] = *count;
  else if (auto rate = read_number<double>(value))
    changes[name] = *rate;
  else if (subnet_scope scope{}; from_string(value, scope))
    changes[name] = value;
  else
    return refuse("limit", text,
                  "NAME=NUMBER, NAME=none, or public or all for subnet-limits");
  // What the node would not understand, it need not be asked.
  if (!limits_patch::parse(changes.dump()))
    return refuse("limit", text, "a limit, and a value that it can have");
  return {};
}

/// One session with a node: sends requests, prints answers.
class session {
public:
  explicit session(const ctl_config& config)
    : config_(config),
      node_(config.socket.empty() ? home{config.home}.control_socket()
                                  : own_path(config.socket),
            config.timeout) {}

  int run() {
    const auto& words = config_.operands();
    if (auto bad = check_form(words); bad.code != errc::none)
      return complain_about(bad);
    const auto& command = words[0];
    if (command == "list")
      return list();
    if (command == "dial")
      return dial(words[1]);
    if (command == "limits")
      return limits({words.begin() + 1, words.end()});
    if (command == "ban")
      return ban(words);
    auto id = node_id::parse_any_case(words[1]);
    if (!id)
      return complain_about(refuse("peer", words[1], id_form));
    return order({{"peer", to_string(*id)}});
  }

private:
  int list() {
    return ask("GET", "/peers", {}, [this](const object& answer) {
      for (const auto& peer : answer.at("peers"))
        print_peer(peer, config_.json);
    });
  }

  int dial(const std::string& text) {
    if (auto id = node_id::parse_any_case(text))
      return order({{"peer", to_string(*id)}});
    if (auto address = node_address::parse(text))
      return order({{"peer", to_string(*address)}});
    return complain_about(refuse("peer", text, "ID or ID@HOST:PORT"));
  }

  int ban(const words& all) {
    auto id = node_id::parse_any_case(all[1]);
    if (!id)
      return complain_about(refuse("peer", all[1], id_form));
    auto time = caf::get_as<caf::timespan>(caf::config_value{all[2]});
    if (!time || *time <= 0s)
      return complain_about(refuse("time", all[2], "a time like 30min or 24h"));
    std::string reason;
    for (size_t i = 3; i < all.size(); ++i)
      reason += (i > 3 ? " " : "") + all[i];
    return order({{"peer", to_string(*id)},
                  {"seconds", std::chrono::duration<double>{*time}.count()},
                  {"reason", reason.empty() ? "by operator" : reason}});
  }

  int limits(const words& changes) {
    auto body = object::object();
    for (const auto& text : changes)
      if (auto bad = add_change(body, text); bad.code != errc::none)
        return complain_about(bad);
    auto print
        = [this](const object& found) { print_limits(found, config_.json); };
    if (changes.empty())
      return ask("GET", "/limits", {}, print);
    return ask("PATCH", "/limits", body.dump(), print);
  }

  /// Sends a request that is answered with nothing.
  int order(const object& body) {
    return ask("POST", "/" + config_.operands()[0],
               body.dump(-1, ' ', true, object::error_handler_t::replace),
               [](const object&) {});
  }

  template <class F>
  int ask(const std::string& method, const std::string& target,
          const std::string& body, F print) {
    const auto& command = config_.operands()[0];
    auto answer = node_.send(method, target, body);
    if (!answer) {
      const auto advice = advice_on(command, answer.error().code);
      return complain(failed, fmt::format("{}: {}{}{}", command,
                                          to_string(answer.error()),
                                          advice.empty() ? "" : "; ", advice));
    }
    try {
      print(object::parse(*answer));
    } catch (const object::exception&) {
      return complain(failed,
                      fmt::format("{}: the answer is none of a node", command));
    }
    std::cout.flush();
    return std::cout ? success : complain(failed, "cannot write the answer");
  }

  static int complain_about(const failure& what) {
    return complain(bad_usage, to_string(what));
  }

  const ctl_config& config_;
  node_client node_;
};

} // namespace

int run_ctl(const words& arguments) {
  ctl_config config;
  if (auto status = config.begin(arguments, 1, SIZE_MAX, commands))
    return *status;
  if (config.timeout < 1ms)
    return complain(bad_usage, "option --timeout is below 1ms");
  if (config.socket.empty())
    if (auto status = refuse_without_home(config.home))
      return *status;
  return session{config}.run();
}

} // namespace troupe::command
