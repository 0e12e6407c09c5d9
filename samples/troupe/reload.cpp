// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/reload.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include <caf/scoped_actor.hpp>

#include "troupe/actors/node/option_table.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/samples/troupe/home.hpp"

namespace troupe::command {

namespace {

/// How long the node has for each answer.
constexpr auto answer_time = std::chrono::seconds{5};

template <class Rows, class Options>
void compare(const Rows& rows, const Options& before, const Options& after,
             plan_changes& to) {
  for (const auto& row : rows)
    if (row.get(before) != row.get(after))
      (row.at_run_time ? to.at_once : to.later).push_back(row.name);
}

/// Asks the router. @returns the error, if there is one.
template <class... Ts>
failure order(caf::scoped_actor& self, const node& which, Ts... xs) {
  failure bad;
  self->request(which.router(), answer_time, std::move(xs)...)
      .receive([] {},
               [&bad](const caf::error& reason) {
                 bad = {code_of(reason, errc::shutting_down), text_of(reason)};
               });
  return bad;
}

template <class T, class... Ts>
result<T> ask(caf::scoped_actor& self, const node& which, Ts... xs) {
  result<T> answer{errc::shutting_down};
  self->request(which.router(), answer_time, std::move(xs)...)
      .receive(
          [&answer](T& found) { answer = std::move(found); },
          [&answer](const caf::error& reason) {
            answer = {code_of(reason, errc::shutting_down), text_of(reason)};
          });
  return answer;
}

connection_limits connections_of(const node_options& options) {
  return {.max_connected = options.max_connected,
          .max_connected_upgrade = options.max_connected_upgrade,
          .max_outgoing = options.max_outgoing,
          .max_incoming = options.max_incoming,
          .max_visitors = options.max_visitors};
}

} // namespace

plan_changes changes_between(const start_plan& before,
                             const start_plan& after) {
  plan_changes result;
  compare(option_table(), before.node, after.node, result);
  compare(start_option_table(), before.start, after.start, result);
  return result;
}

failure reloader::apply(caf::actor_system& sys, const start_plan& wanted,
                        const plan_changes& changes) {
  const auto is_changed = [&changes](const auto& row) {
    return std::ranges::find(changes.at_once, row.name)
           != changes.at_once.end();
  };
  caf::scoped_actor self{sys};
  // 'troupe ctl limits' may have changed others meanwhile, which stay.
  const auto connections
      = ask<connection_limits>(self, which_, caf::get_atom_v, limits_atom_v);
  const auto inbound = ask<inbound_limits>(self, which_, caf::get_atom_v,
                                           limits_atom_v, accept_atom_v);
  if (!connections)
    return connections.error();
  if (!inbound)
    return inbound.error();
  auto now = plan_.node;
  now.max_connected = connections->max_connected;
  now.max_connected_upgrade = connections->max_connected_upgrade;
  now.max_outgoing = connections->max_outgoing;
  now.max_incoming = connections->max_incoming;
  now.max_visitors = connections->max_visitors;
  now.inbound = *inbound;
  for (const auto& row : option_table())
    if (is_changed(row))
      row.set(now, row.get(wanted.node));
  now.inbound.tracked_max
      = std::max(now.inbound.tracked_max, wanted.node.inbound.tracked_max);
  // Room for those who are accepted comes before they are.
  if (now.inbound != *inbound)
    if (auto bad = order(self, which_, limits_atom_v, now.inbound);
        bad.code != errc::none)
      return bad;
  if (connections_of(now) != *connections)
    if (auto bad = order(self, which_, limits_atom_v, connections_of(now));
        bad.code != errc::none) {
      // All of it, or nothing.
      order(self, which_, limits_atom_v, *inbound);
      return bad;
    }
  out_.set_log_level(wanted.start.log_level);
  // What is in force now is what the next time is compared with.
  for (const auto& row : option_table())
    if (is_changed(row))
      row.set(plan_.node, row.get(wanted.node));
  plan_.start.log_level = wanted.start.log_level;
  return {};
}

void reloader::run(caf::actor_system& sys) {
  const auto refuse = [this](const failure& why) {
    out_.events().print("reload_failed", {{"reason", to_string(why)}});
  };
  start_config config;
  auto bad = config.read_environment();
  if (bad.code == errc::none)
    bad = config.read_arguments(arguments_);
  if (bad.code == errc::none)
    bad = read_home(config, arguments_);
  if (bad.code != errc::none)
    return refuse(bad);
  const auto wanted = read_plan(config, plan_.node.key);
  if (!wanted)
    return refuse(wanted.error());
  const auto changes = changes_between(plan_, *wanted);
  if (bad = apply(sys, *wanted, changes); bad.code != errc::none)
    return refuse(bad);
  out_.events().print(
      "reloaded", {{"changed", changes.at_once}, {"restart", changes.later}});
}

} // namespace troupe::command
