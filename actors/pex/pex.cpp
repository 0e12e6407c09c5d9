// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/pex/pex.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/pex/ask_schedule.hpp"
#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/actors/pex/reported_address.hpp"
#include "troupe/actors/pex/request_meter.hpp"
#include "troupe/actors/pex/seed_visits.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

channel_descriptor describe_channel() {
  // There is little to say, and whoever floods us loses it.
  return {.id = pex_channel,
          .priority = 1,
          .send_queue_messages = 10,
          .send_queue_bytes = 10 * pex_send_bytes_max,
          .recv_message_capacity = pex_accept_bytes_max,
          .recv_queue_messages = 32,
          .recv_queue_bytes = 4 * pex_accept_bytes_max,
          .recv_total_bytes = 8 * 1024 * 1024,
          .on_full = overflow::drop,
          .exchanges = {{.request = "PexRequest", .answer = "PexResponse"},
                        {.request = "PexRequestV2", .answer = "PexResponseV2"}},
          // A list that comes late, or on another connection than the question
          // went to, is owed and no offence. Any other is.
          .asks_per_peer = 1,
          .blame_unasked = true,
          .name = "pex"};
}

/// The question, as the channel knows it: without its wrapper.
const google::protobuf::Message& question_in(pex_dialect how) {
  if (how == pex_dialect::urls)
    return p2p::PexRequestV2::default_instance();
  return p2p::PexRequest::default_instance();
}

struct pex_state {
  static inline const char* name = "troupe.pex";

  /// What is known about a peer that is up.
  struct line {
    uint64_t generation = 0;
    direction way = direction::inbound;
    /// How it asked the last time.
    pex_dialect asked_in = pex_dialect::legacy;
  };

  pex_state(caf::event_based_actor* ptr, node where, pex_options how)
    : self(ptr),
      home(std::move(where)),
      options(std::move(how)),
      asking(options.asking, home.random()),
      requests(options.requests, now()),
      visits(options.visits) {}

  caf::behavior make_behavior() {
    if (auto bad = validate(options); bad.code != errc::none) {
      self->quit(to_error(bad));
      return {};
    }
    wire = home.open_channel<p2p::PexMessage>(self, describe_channel());
    home.subscribe(self);
    return {
        [this](const peer_update& update) { note(update); },
        [this](const inbound_envelope& in) {
          return in.match(
              [&](const p2p::PexRequest&) {
                return requested(in, pex_dialect::legacy);
              },
              [&](const p2p::PexRequestV2&) {
                asking.understands_urls(in.from);
                return requested(in, pex_dialect::urls);
              });
        },
    };
  }

  [[nodiscard]] time_point now() const {
    return self->clock().now();
  }

  // -- peers ------------------------------------------------------------------

  void note(const peer_update& update) {
    if (update.lost > 0)
      catch_up();
    else if (update.status == peer_status::up)
      up(update);
    else
      down(update.peer);
    run();
  }

  void up(const peer_update& update) {
    const auto& peer = update.peer;
    const auto& info = update.info;
    if (is_there(peer, update.generation))
      return;
    lines[peer] = {update.generation, update.way};
    if (update.visitor || (options.seed_mode && !update.kept))
      visits.up(peer, now());
    if (update.way == direction::inbound)
      if (auto address = reported_address(peer, info))
        home.add_peers(self, {std::move(*address)}, peer)
            .then([](uint64_t) {}, [](const caf::error&) {});
    if (std::find(info.channels.begin(), info.channels.end(), pex_channel)
        == info.channels.end())
      return;
    requests.up(peer, now());
    // A visitor is to ask us. It goes before we might have its answer.
    if (!update.visitor)
      asking.up(peer, update.way, pex_dialect_of(info.version));
  }

  void down(const node_id& peer) {
    lines.erase(peer);
    asking.down(peer);
    requests.down(peer);
    visits.down(peer);
  }

  /// Some updates have got lost: asks who is there.
  void catch_up() {
    home.snapshot(self).then(
        [this](const std::vector<peer_update>& all) {
          std::set<node_id> there;
          for (const auto& update : all)
            there.insert(update.peer);
          std::vector<node_id> gone;
          for (const auto& [peer, ignored] : lines)
            if (there.count(peer) == 0)
              gone.push_back(peer);
          for (const auto& peer : gone)
            down(peer);
          for (const auto& update : all)
            up(update);
          run();
        },
        [](const caf::error&) {});
  }

  // -- what others ask of us --------------------------------------------------

  caf::result<void> requested(const inbound_envelope& in, pex_dialect how) {
    const auto& peer = in.from;
    // It has had its answer, or its question went with an older connection.
    if (visits.is_leaving(peer) || is_over(peer, in.generation))
      return caf::unit;
    if (auto i = lines.find(peer); i != lines.end())
      i->second.asked_in = how;
    switch (requests.requested(peer, now())) {
      case request_meter::verdict::flood:
        return caf::make_error(blame::rate_limited,
                               "asks for addresses without end");
      case request_meter::verdict::nothing:
        wire.send(peer, make_pex_response(how, {}));
        return caf::unit;
      case request_meter::verdict::early:
        run();
        return caf::unit;
      default:
        return serve(peer, how);
    }
  }

  caf::result<void> serve(const node_id& peer, pex_dialect how) {
    auto done = self->make_response_promise<void>();
    // An error is ours, and the peer waits for an answer.
    home.advertise(self, peer, pex_send_max)
        .then(
            [=, this](const std::vector<node_address>& addresses) mutable {
              tell(peer, how, addresses);
              done.deliver();
            },
            [=, this](const caf::error&) mutable {
              tell(peer, how, {});
              done.deliver();
            });
    return {done};
  }

  void tell(const node_id& peer, pex_dialect how,
            const std::vector<node_address>& addresses) {
    wire.send(peer, make_pex_response(how, addresses));
    if (is_inbound(peer))
      visits.done(peer, now());
    run();
  }

  [[nodiscard]] bool is_there(const node_id& peer, uint64_t generation) const {
    auto i = lines.find(peer);
    return i != lines.end() && i->second.generation == generation;
  }

  /// Whether a connection has been replaced. One that is not yet up is new.
  [[nodiscard]] bool is_over(const node_id& peer, uint64_t generation) const {
    auto i = lines.find(peer);
    return i != lines.end() && i->second.generation > generation;
  }

  [[nodiscard]] bool is_inbound(const node_id& peer) const {
    auto i = lines.find(peer);
    return i != lines.end() && i->second.way == direction::inbound;
  }

  // -- what we ask of others --------------------------------------------------

  void ask(const ask_schedule::question& what) {
    const auto peer = what.peer;
    const auto generation = lines.at(peer).generation;
    wire.ask(self, peer, question_in(what.dialect), options.asking.answer_time)
        .then(
            [this](const inbound_envelope& in) {
              // Who answers and hangs up, as seeds do, may be gone by now.
              if (is_there(in.from, in.generation))
                asking.answered(in.from, now());
              read(in);
              run();
            },
            [this, peer, generation](const caf::error& why) {
              if (!is_there(peer, generation))
                return;
              if (code_of(why, errc::none) == errc::timeout)
                fell_silent(peer);
              else
                asking.not_sent(peer, now());
              run();
            });
  }

  void fell_silent(const node_id& peer) {
    home.report(peer, peer_behaviour::timeout);
    asking.silent(peer, now());
    visits.done(peer, now());
  }

  void read(const inbound_envelope& in) {
    auto list = result<pex_list>{errc::unexpected_message};
    auto news = pex_news{.from = in.from};
    if (const auto* legacy = in.message.as<p2p::PexResponse>()) {
      list = read_pex(*legacy);
    } else if (const auto* urls = in.message.as<p2p::PexResponseV2>()) {
      list = read_pex(*urls);
      news.dialect = pex_dialect::urls;
    }
    if (list)
      learn(news, std::move(*list));
    else
      wire.report(in, blame::malformed_message, list.error().context);
  }

  void learn(pex_news news, pex_list list) {
    news.told = list.addresses.size();
    news.skipped = list.skipped;
    home.add_peers(self, std::move(list.addresses), news.from)
        .then(
            [this, news](uint64_t fresh) mutable {
              news.fresh = fresh;
              home.fullness(self).then(
                  [this, news](double level) { learned(news, level); },
                  [](const caf::error&) {});
            },
            [](const caf::error&) {});
  }

  void learned(const pex_news& news, double level) {
    asking.learned(news.fresh, level);
    if (options.on_list)
      options.on_list(news);
    // That is what it was dialed for. Who dialed us wants to ask, too.
    if (!is_inbound(news.from))
      visits.done(news.from, now());
    run();
  }

  // -- time -------------------------------------------------------------------

  void run() {
    const auto at = now();
    while (auto what = asking.next(at))
      ask(*what);
    while (auto early = requests.next_due(at))
      wire.send(*early, make_pex_response(lines.at(*early).asked_in, {}));
    // Behind what was sent to them.
    while (auto visitor = visits.next_to_go(at))
      wire.disconnect(*visitor);
    auto when = asking.next_wakeup();
    for (auto other : {visits.next_wakeup(), requests.next_wakeup()})
      if (other)
        when = when ? std::min(*when, *other) : other;
    if (when)
      wakeup.set(self, *when, [this] { run(); });
  }

  caf::event_based_actor* self;
  node home;
  pex_options options;
  channel<p2p::PexMessage> wire;
  std::map<node_id, line> lines;
  ask_schedule asking;
  request_meter requests;
  seed_visits visits;
  alarm wakeup;
};

} // namespace

caf::actor spawn_pex(caf::actor_system& sys, const node& where,
                     pex_options options) {
  return sys.spawn<caf::stateful_actor<pex_state>>(where, std::move(options));
}

} // namespace troupe
