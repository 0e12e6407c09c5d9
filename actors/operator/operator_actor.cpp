// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_actor.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/telemetry/collector/prometheus.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/event_stream_actor.hpp"
#include "troupe/actors/operator/operator_json.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

using namespace operator_requests;

constexpr std::string_view done = "{}\n";

http_response to_response(const caf::error& reason) {
  if (reason == caf::sec::request_timeout)
    return error_response(504, to_string(errc::timeout), "no answer in time");
  if (reason == caf::sec::request_receiver_down)
    return error_response({errc::shutting_down, "the node has ended"});
  if (auto code = code_of(reason, errc::none); code != errc::none)
    return error_response({code, text_of(reason)});
  return error_response(500, "internal_error", text_of(reason));
}

struct operator_state {
  static inline const char* name = "troupe.operator";

  operator_state(operator_actor::pointer ptr, const node& which,
                 std::shared_ptr<http_desk> to, operator_options opts)
    : self(ptr),
      where(which),
      desk(std::move(to)),
      options(std::move(opts)) {
    if (!options.clock)
      options.clock = std::make_shared<system_wall_clock>();
  }

  operator_state(const operator_state&) = delete;

  operator_state& operator=(const operator_state&) = delete;

  ~operator_state() {
    for (const auto& stream : streams)
      caf::anon_send(stream, caf::close_atom_v);
    self->demonitor(where.router());
    desk->close();
  }

  operator_actor::behavior_type make_behavior() {
    self->set_down_handler([this](const caf::down_msg& msg) { down(msg); });
    self->monitor(where.router());
    learn_endpoints();
    return {
        [this](uint64_t number, std::string& method, std::string& target,
               std::string& body) {
          auto parsed = parse_operator_request(
              {std::move(method), std::move(target), std::move(body)},
              options.surface);
          if (auto* response = std::get_if<http_response>(&parsed))
            desk->answer(number, std::move(*response));
          else
            std::visit([&](auto& x) { handle(number, x); },
                       std::get<operator_request>(parsed));
        },
    };
  }

  void down(const caf::down_msg& msg) {
    if (msg.source == where.router().address())
      self->quit(msg.reason);
    else
      std::erase_if(streams, [&msg](const auto& stream) {
        return stream.address() == msg.source;
      });
  }

  /// Asked once: the router keeps those who ask until it listens.
  void learn_endpoints() {
    self->request(where.router(), caf::infinite, caf::get_atom_v)
        .then(
            [this](std::vector<endpoint>& found) {
              endpoints = std::move(found);
              listens = true;
            },
            [](const caf::error&) {
              // The node ends, which `down` sees.
            });
  }

  // -- answers --------------------------------------------------------------

  auto refusing(uint64_t number) {
    return [this, number](const caf::error& reason) { refuse(number, reason); };
  }

  void refuse(uint64_t number, const caf::error& reason) {
    if (number == changer)
      changer.reset();
    desk->answer(number, to_response(reason));
  }

  // -- what reads -------------------------------------------------------------

  /// One question at a time serves all who want to know.
  void handle(uint64_t number, const show_health&) {
    health_askers.push_back(number);
    if (health_askers.size() > 1)
      return;
    // The answer takes the way through router and peer manager.
    self->request(where.router(), options.answer_time, caf::get_atom_v,
                  limits_atom_v)
        .then([this](const connection_limits&) { tell_health({}); },
              [this](const caf::error& reason) { tell_health(reason); });
  }

  void tell_health(const caf::error& reason) {
    auto response = http_response{.body = health_json(listens)};
    if (reason) {
      response = to_response(reason);
      response.status = 503;
    }
    for (auto number : std::exchange(health_askers, {}))
      desk->answer(number, response);
  }

  void handle(uint64_t number, const show_metrics&) {
    caf::telemetry::collector::prometheus collector;
    auto text = collector.collect_from(self->system().metrics());
    desk->answer(number, {.body = std::string{text.begin(), text.end()},
                          .type = "text/plain; version=0.0.4"});
  }

  void handle(uint64_t number, const show_node&) {
    desk->answer(number, {.body = node_json(where.id(), endpoints)});
  }

  void handle(uint64_t number, const list_peers& x) {
    self->request(where.router(), options.answer_time, list_atom_v, x.limit)
        .then(
            [this, number](const std::vector<peer_report>& peers) {
              desk->answer(number, {.body = to_json(peers)});
            },
            refusing(number));
  }

  void handle(uint64_t number, const follow_events& x) {
    if (x.headers_only) {
      desk->answer(number, {.type = "application/x-ndjson"});
      return;
    }
    if (!desk->stream(number))
      return;
    streams.push_back(spawn_event_stream(self->system(), where, desk, number,
                                         options.heartbeat, options.clock));
    self->monitor(streams.back());
  }

  // -- what steers ------------------------------------------------------------

  void handle(uint64_t number, const dial& x) {
    order(number, dial_atom_v, x.address);
  }

  void handle(uint64_t number, const disconnect& x) {
    order(number, disconnect_atom_v, x.peer);
  }

  void handle(uint64_t number, const ban& x) {
    order(number, ban_atom_v, x.peer, caf::timespan{x.how_long}, x.reason);
  }

  void handle(uint64_t number, const unban& x) {
    order(number, unban_atom_v, x.peer);
  }

  void handle(uint64_t number, const show_limits&) {
    with_limits(number, [this, number](const operator_limits& limits) {
      desk->answer(number, {.body = to_json(limits)});
    });
  }

  /// Two changes at once would each take the other one back.
  void handle(uint64_t number, const change_limits& x) {
    if (changer) {
      desk->answer(number, error_response(409, to_string(errc::invalid_state),
                                          "another change is under way"));
      return;
    }
    changer = number;
    with_limits(number, [this, number, x](const operator_limits& found) {
      auto wanted = found;
      x.patch.apply(wanted);
      set_connections(number, found, wanted);
    });
  }

  void set_connections(uint64_t number, const operator_limits& found,
                       const operator_limits& wanted) {
    self->request(where.router(), options.answer_time, limits_atom_v,
                  wanted.connections)
        .then([this, number, found,
               wanted] { set_inbound(number, found, wanted); },
              refusing(number));
  }

  void set_inbound(uint64_t number, const operator_limits& found,
                   const operator_limits& wanted) {
    self->request(where.router(), options.answer_time, limits_atom_v,
                  wanted.inbound)
        .then(
            [this, number, wanted] {
              changer.reset();
              desk->answer(number, {.body = to_json(wanted)});
            },
            [this, number, found](const caf::error& reason) {
              // All of it, or nothing.
              caf::anon_send(where.router(), limits_atom_v, found.connections);
              refuse(number, reason);
            });
  }

  template <class F>
  void with_limits(uint64_t number, F use) {
    self->request(where.router(), options.answer_time, caf::get_atom_v,
                  limits_atom_v)
        .then(
            [this, number, use](const connection_limits& connections) {
              self->request(where.router(), options.answer_time,
                            caf::get_atom_v, limits_atom_v, accept_atom_v)
                  .then(
                      [use, connections](const inbound_limits& inbound) {
                        use(operator_limits{connections, inbound});
                      },
                      refusing(number));
            },
            refusing(number));
  }

  template <class... Ts>
  void order(uint64_t number, Ts... xs) {
    self->request(where.router(), options.answer_time, std::move(xs)...)
        .then([this,
               number] { desk->answer(number, {.body = std::string{done}}); },
              refusing(number));
  }

  operator_actor::pointer self;
  node where;
  std::shared_ptr<http_desk> desk;
  operator_options options;
  std::vector<caf::actor> streams;
  std::vector<uint64_t> health_askers;
  std::vector<endpoint> endpoints;
  bool listens = false;
  /// Whoever changes limits at the moment.
  std::optional<uint64_t> changer;
};

} // namespace

operator_actor spawn_operator(caf::actor_system& sys, const node& where,
                              std::shared_ptr<http_desk> desk,
                              operator_options options) {
  return spawn_state<operator_state, operator_actor>(
      sys, where, std::move(desk), std::move(options));
}

} // namespace troupe
