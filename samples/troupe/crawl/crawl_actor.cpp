// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_actor.hpp"

#include <chrono>
#include <set>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

/// How often whoever watches hears of it.
constexpr auto watch_interval = 200ms;

/// How long what was sent may take to arrive before we hang up.
constexpr auto linger = 1s;

struct crawl_state_machine {
  static inline const char* name = "troupe.crawl";

  crawl_state_machine(caf::event_based_actor* ptr, node through,
                      crawl_frontier begin, crawl_watch who)
    : self(ptr),
      home(std::move(through)),
      frontier(std::move(begin)),
      watch(std::move(who)) {}

  caf::behavior make_behavior() {
    wire = home.open_channel<p2p::PexMessage>(
        self, {.id = pex_channel,
               .recv_message_capacity = pex_accept_bytes_max,
               .on_full = overflow::drop,
               .name = "pex"});
    home.subscribe(self);
    home.observe(self);
    if (watch.progress)
      show_progress();
    go_on();
    return {
        [this](const peer_update& update) { note(update); },
        [this](const node_event& event) {
          if (event.what == node_event::kind::dial_failed)
            failed(event.address.id, event.code, event.reason);
        },
        [this](const inbound_envelope& in) { return received(in); },
        [this](caf::close_atom) { finish(); },
    };
  }

  [[nodiscard]] time_point now() const {
    return self->clock().now();
  }

  void show_progress() {
    watch.progress(frontier);
    next_show.set(self, now() + watch_interval, [this] { show_progress(); });
  }

  // -- dials ------------------------------------------------------------------

  /// Does what there is to do now, and wakes up when there is more.
  void go_on() {
    for (const auto& late : frontier.give_up(now()))
      leave(late);
    while (auto address = frontier.next(now()))
      dial(*address);
    if (frontier.done()) {
      finish();
      return;
    }
    if (const auto next = frontier.wakeup())
      next_step.set(self, *next, [this] { go_on(); });
  }

  void dial(const node_address& address) {
    home.dial(self, address)
        .then(
            [] {
              // What becomes of it, an event or an update tells.
            },
            [this, id = address.id](const caf::error& reason) {
              failed(id, code_of(reason, errc::shutting_down), text_of(reason));
            });
  }

  void failed(const node_id& peer, errc reason, const std::string& detail) {
    frontier.failed(peer, reason, detail);
    // Or the node would dial it again by itself some day.
    home.forget(peer);
    go_on();
  }

  // -- peers ------------------------------------------------------------------

  void note(const peer_update& update) {
    if (update.status == peer_status::up) {
      if (frontier.up(update.peer, update.info, now()))
        ask(update.peer, update.info.version);
      else
        leave(update.peer);
    } else {
      answered_to.erase(update.peer);
      frontier.down(update.peer, update.reason, update.text, now());
      home.forget(update.peer);
    }
    go_on();
  }

  void ask(const node_id& peer, const std::string& version) {
    const auto sent
        = wire.send(peer, make_pex_request(pex_dialect_of(version)));
    if (sent.code == errc::none)
      return;
    frontier.silent(peer, sent.code, to_string(sent), now());
    leave(peer);
  }

  void leave(const node_id& peer) {
    wire.disconnect(peer, linger);
    home.forget(peer);
  }

  // -- messages ---------------------------------------------------------------

  caf::result<void> received(const inbound_envelope& in) {
    return in.match(
        [&](const p2p::PexRequest&) { decline(in.from, pex_dialect::legacy); },
        [&](const p2p::PexRequestV2&) { decline(in.from, pex_dialect::urls); },
        [&](const p2p::PexResponse& list) { told(in.from, read_pex(list)); },
        [&](const p2p::PexResponseV2& list) { told(in.from, read_pex(list)); });
  }

  /// We know nobody who asked to be told of; a node that waits for an answer
  /// may hold silence against us.
  void decline(const node_id& peer, pex_dialect how) {
    if (answered_to.insert(peer).second)
      wire.send(peer, make_pex_response(how, {}));
  }

  void told(const node_id& peer, const result<pex_list>& list) {
    if (list)
      frontier.told(peer, list->addresses, now());
    else
      frontier.silent(peer, list.code(), to_string(list.error()), now());
    leave(peer);
    go_on();
  }

  void finish() {
    watch.finished(std::move(frontier));
    self->quit();
  }

  caf::event_based_actor* self;
  node home;
  crawl_frontier frontier;
  crawl_watch watch;
  channel<p2p::PexMessage> wire;
  /// Connected peers whose question has been answered.
  std::set<node_id> answered_to;
  alarm next_step;
  alarm next_show;
};

} // namespace

caf::actor spawn_crawl(caf::actor_system& sys, const node& through,
                       crawl_frontier begin, crawl_watch watch) {
  return sys.spawn<caf::stateful_actor<crawl_state_machine>>(
      through, std::move(begin), std::move(watch));
}

} // namespace troupe::command
