// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/port_mapping_actor.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/exit_reason.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/operator/log.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/mapping/mapping_schedule.hpp"

namespace troupe {

namespace {

/// How long a gateway has to take a port back: whoever ends waits for it.
constexpr auto farewell = std::chrono::seconds{2};

struct port_mapping_state {
  static inline const char* name = "troupe.port-mapping";

  port_mapping_state(port_mapping_actor::pointer ptr, gateway_actor which,
                     std::vector<mapping_protocol> protocols, endpoint where)
    : self(ptr),
      gateway(std::move(which)),
      schedule(std::move(protocols)),
      ours(std::move(where)),
      lines(ptr) {}

  port_mapping_actor::behavior_type make_behavior() {
    self->set_exit_handler([this](caf::exit_msg& msg) { end(msg.reason); });
    go_on();
    return {
        [this](caf::get_atom) {
          auto promise = self->make_response_promise<endpoint>();
          waiting = promise;
          tell();
          return promise;
        },
    };
  }

  void go_on() {
    if (ending)
      return;
    if (auto protocol = schedule.next(now()))
      ask(*protocol);
    else if (auto when = schedule.next_wakeup())
      wakeup.set(self, *when, [this] { go_on(); });
  }

  void ask(mapping_protocol protocol) {
    self->request(gateway, caf::infinite, caf::publish_atom_v,
                  to_string(protocol), ours,
                  caf::timespan{mapping_schedule::lease})
        .then(
            [this](const endpoint& where, caf::timespan lease) {
              reasons.clear();
              fresh = schedule.granted(where, lease, now()) || fresh;
              tell();
              go_on();
            },
            [this, protocol](const caf::error& why) {
              if (!reasons.empty())
                reasons += ", ";
              reasons
                  += fmt::format("{}: {}", to_string(protocol), text_of(why));
              if (schedule.failed(now()))
                lines.warn("port_mapping_failed", "endpoint={} reason={}",
                           to_string(ours), log_text(reasons));
              if (schedule.next_wakeup() > now())
                reasons.clear();
              go_on();
            });
  }

  void tell() {
    if (!fresh || !waiting || !schedule.where())
      return;
    fresh = false;
    std::exchange(waiting, std::nullopt)->deliver(*schedule.where());
  }

  // -- the end ----------------------------------------------------------------

  void end(const caf::error& reason) {
    if (ending)
      return;
    ending = true;
    wakeup.cancel();
    // The answer to an open question may be a port, so that it has to be heard.
    auto left = schedule.to_give_back();
    if (left.empty() && !schedule.is_asking()) {
      finish(reason);
      return;
    }
    if (left.empty())
      left = {mapping_protocol::natpmp, mapping_protocol::upnp};
    for (auto protocol : left) {
      ++unanswered;
      auto answered = [this, reason] {
        if (--unanswered == 0)
          finish(reason);
      };
      self->request(gateway, farewell, caf::unpublish_atom_v,
                    to_string(protocol), ours)
          .then(answered, [answered](const caf::error&) { answered(); });
    }
  }

  void finish(const caf::error& reason) {
    self->send_exit(gateway, caf::exit_reason::user_shutdown);
    self->quit(reason);
  }

  time_point now() const {
    return self->system().clock().now();
  }

  port_mapping_actor::pointer self;
  gateway_actor gateway;
  mapping_schedule schedule;
  endpoint ours;
  event_log lines;
  alarm wakeup;
  std::optional<caf::typed_response_promise<endpoint>> waiting;
  /// Where we are is news for who waits.
  bool fresh = false;
  /// What the protocols said in this round.
  std::string reasons;
  bool ending = false;
  size_t unanswered = 0;
};

} // namespace

port_mapping_actor spawn_port_mapping(caf::actor_system& sys,
                                      gateway_actor gateway,
                                      std::vector<mapping_protocol> protocols,
                                      endpoint ours) {
  return spawn_state<port_mapping_state, port_mapping_actor>(
      sys, std::move(gateway), std::move(protocols), std::move(ours));
}

} // namespace troupe
