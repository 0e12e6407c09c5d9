// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_actor.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/event_stream_actor.hpp"
#include "troupe/actors/operator/health.hpp"
#include "troupe/actors/operator/operator_json.hpp"
#include "troupe/actors/operator/peer_metrics.hpp"
#include "troupe/actors/operator/registry_metrics.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

using namespace operator_requests;

constexpr std::string_view done = "{}\n";

/// How long what was found out of single peers is good for. Whoever reaches the
/// port can scrape.
constexpr duration survey_pause = std::chrono::seconds{1};

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
    self->request(where.router(), options.answer_time, list_atom_v, uint64_t{1})
        .then([this](std::vector<peer_report>& best) { tell_health(best, {}); },
              [this](const caf::error& reason) {
                const auto why = reason == caf::sec::request_timeout
                                     ? std::string{"no answer in time"}
                                     : text_of(reason);
                tell_health({}, why);
              });
  }

  void tell_health(std::vector<peer_report> best, const std::string& silence) {
    const auto response = health_response(
        {.listens = listens,
         .store_problem
         = options.store_problem ? options.store_problem() : std::string{},
         .best_peer = std::move(best),
         .silence = silence});
    for (auto number : std::exchange(health_askers, {}))
      desk->answer(number, response);
  }

  /// Connections are asked for what they know of their peers, and ping them, no
  /// more often than that, whoever scrapes.
  void handle(uint64_t number, const show_metrics&) {
    scrapers.push_back(number);
    if (scrapers.size() > 1)
      return;
    const auto now = self->system().clock().now();
    if (options.peers_max == 0 || now < next_survey) {
      tell_metrics();
      return;
    }
    next_survey = now + survey_pause;
    self->request(where.router(), options.answer_time, list_atom_v,
                  options.peers_max)
        .then(
            [this](std::vector<peer_report>& found) {
              surveyed = std::move(found);
              tell_metrics();
            },
            [this](const caf::error&) {
              // A node that is stuck is what its counters are needed for.
              surveyed.clear();
              tell_metrics();
            });
  }

  void tell_metrics() {
    metrics_text text;
    append_registry(text, self->system().metrics());
    if (options.peers_max > 0)
      append_peers(text, where.counters().prefix(), where.id(), surveyed);
    auto response = http_response{.body = text.take(),
                                  .type = "text/plain; version=0.0.4"};
    for (auto number : std::exchange(scrapers, {}))
      desk->answer(number, response);
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

  /// How far we are with a list.
  struct adding {
    std::vector<node_address> addresses;
    uint64_t done = 0;
    uint64_t fresh = 0;
    uint64_t known = 0;
    uint64_t refused = 0;
  };

  void handle(uint64_t number, add_peers& x) {
    add_next(number, std::make_shared<adding>(adding{std::move(x.addresses)}));
  }

  /// One after the other, so that a long list keeps nobody else waiting.
  void add_next(uint64_t number, const std::shared_ptr<adding>& list) {
    if (list->done == list->addresses.size()) {
      desk->answer(number, {.body = added_json(list->fresh, list->known,
                                               list->refused)});
      return;
    }
    self->request(where.router(), options.answer_time, caf::add_atom_v,
                  list->addresses[list->done++])
        .then(
            [this, number, list](bool is_new) {
              ++(is_new ? list->fresh : list->known);
              add_next(number, list);
            },
            [this, number, list](const caf::error& reason) {
              if (code_of(reason, errc::none) == errc::none) {
                refuse(number, reason);
                return;
              }
              ++list->refused;
              add_next(number, list);
            });
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

  void handle(uint64_t number, const forget& x) {
    order(number, forget_atom_v, x.peer);
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
  std::vector<uint64_t> scrapers;
  /// What is known of single peers, and when it may be asked for again.
  std::vector<peer_report> surveyed;
  time_point next_survey = time_point::min();
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
