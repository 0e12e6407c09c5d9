// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/send.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/tests/actors/world.hpp"

namespace troupe::test {

/// A channel between a recording reactor and stand-ins for all others.
struct channel_world : world {
  struct way {
    caf::actor sender;
    std::shared_ptr<std::vector<outbound_envelope>> sent;
  };

  channel_world(channel_descriptor what, const std::string& queue_type)
    : channel_world(std::move(what), delivery::one_by_one, queue_type) {}

  explicit channel_world(channel_descriptor what = {.id = echo_channel},
                         delivery how = delivery::one_by_one,
                         const std::string& queue_type = "wdrr") {
    router = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{[this](open_channel_atom, const channel_descriptor&,
                                  const payload&) -> caf::result<void> {
                             return as_result(verdict);
                           },
                           [this](errored_atom, const connection_ref& which,
                                  const peer_error& error) {
                             errors.emplace_back(which, error);
                           },
                           [this](caf::publish_atom, const node_event& event) {
                             reported.push_back(event);
                           }};
    });
    receiver = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this, self](deliver_atom, const std::vector<inbound_envelope>& run,
                       size_t cost) {
            self->send(uut, deliver_atom_v, run, cost,
                       favoured == run.front().from ? uint32_t{4}
                                                    : uint32_t{1});
          },
          [this](credit_atom, channel_id, size_t cost) { credit += cost; }};
    });
    reactor = spawn_guest([this](caf::event_based_actor* self) {
      // It would go with anybody it is linked to, whatever the reason.
      self->set_exit_handler(
          [self](caf::exit_msg& msg) { self->quit(std::move(msg.reason)); });
      return caf::behavior{
          [this, self](const inbound_envelope& in) {
            got.push_back(in);
            if (handler)
              return handler(self, in);
            if (!patient)
              return answer;
            pending.push_back(self->make_response_promise<void>());
            return caf::result<void>{pending.back()};
          },
          [this, self](std::vector<inbound_envelope>& batch) {
            batches.push_back(batch.size());
            for (auto& in : batch)
              got.push_back(std::move(in));
            if (!patient)
              return answer;
            pending.push_back(self->make_response_promise<void>());
            return caf::result<void>{pending.back()};
          },
          [this](caf::tick_atom) {
            pending.front().deliver();
            pending.erase(pending.begin());
          }};
    });
    uut = guard(spawn_channel(sys(), router, reactor, what,
                              echo::EchoMessage::default_instance(),
                              metrics{sys(), id(99)}, queue_type, how));
    end = watch_end(caf::actor_cast<caf::actor>(uut));
    reactor_end = watch_end(reactor);
  }

  ~channel_world() {
    pending.clear();
    stop_all();
  }

  /// Opens the way to a peer; null stands for one that lacks the channel.
  way add_peer(uint8_t number, uint64_t generation = 1,
               errc refuse_with = errc::none) {
    auto sent = std::make_shared<std::vector<outbound_envelope>>();
    auto sender = spawn_guest([=](caf::event_based_actor*) {
      return caf::behavior{
          [](writable_atom, channel_id) {},
          [=](send_atom, const outbound_envelope& x) -> caf::result<void> {
            sent->push_back(x);
            return as_result(refuse_with);
          }};
    });
    ask(uut, add_peer_atom_v, connection_ref{id(number), generation}, sender);
    return {sender, sent};
  }

  void remove_peer(uint8_t number, uint64_t generation) {
    ask(uut, remove_peer_atom_v, connection_ref{id(number), generation});
  }

  errc send(const node_id& to, std::string_view text) {
    return ask(uut, send_atom_v,
               outbound_envelope{to, echo_channel,
                                 message_body{shared_ping(text)}})
        ->code();
  }

  void broadcast(std::string_view text) {
    caf::anon_send(uut, broadcast_atom_v, message_body{shared_ping(text)});
    settle();
  }

  broadcast_report ask_all(std::string_view text) {
    auto result = ask<broadcast_report>(uut, broadcast_atom_v,
                                        message_body{shared_ping(text)});
    REQUIRE(result->value);
    return *result->value;
  }

  static shared_bytes shared_ping(std::string_view text) {
    return shared_bytes{wire_ping(text)};
  }

  errc report(uint8_t number) {
    return ask(uut, errored_atom_v, id(number),
               caf::make_error(blame::unexpected_message, "why"))
        ->code();
  }

  /// A message from a peer that costs `cost`.
  void arrive(uint8_t number, size_t cost = 1, uint64_t generation = 1) {
    arrive_together(1, number, cost, generation);
  }

  /// Messages from a peer that come together and cost `cost`.
  void arrive_together(size_t messages, uint8_t number, size_t cost = 1,
                       uint64_t generation = 1) {
    const inbound_envelope one{id(number), echo_channel, generation,
                               payload::copy_of(ping("x"))};
    caf::anon_send(receiver, deliver_atom_v,
                   std::vector<inbound_envelope>(messages, one), cost);
    settle();
  }

  [[nodiscard]] auto got_from(uint8_t number) const {
    return std::count_if(got.begin(), got.end(), [number](const auto& x) {
      return x.from == id(number);
    });
  }

  void finish_oldest() {
    REQUIRE_FALSE(pending.empty());
    caf::anon_send(reactor, caf::tick_atom_v);
    settle();
  }

  /// Lets the reactor answer its oldest message with an error.
  void fail_oldest(const caf::error& reason) {
    REQUIRE_FALSE(pending.empty());
    pending.front().deliver(reason);
    pending.erase(pending.begin());
    settle();
  }

  errc verdict = errc::none;
  node_id favoured; // The peer whose messages weigh four times as much.
  bool patient = false;
  caf::result<void> answer = caf::unit;
  /// What the reactor does instead, if it is there.
  std::function<caf::result<void>(caf::event_based_actor*,
                                  const inbound_envelope&)>
      handler;
  std::vector<inbound_envelope> got;
  std::vector<size_t> batches; // Their sizes.
  std::vector<caf::typed_response_promise<void>> pending;
  std::vector<std::pair<connection_ref, peer_error>> errors;
  std::vector<node_event> reported;
  size_t credit = 0;
  std::shared_ptr<std::optional<caf::error>> end;
  std::shared_ptr<std::optional<caf::error>> reactor_end;
  caf::actor router;
  caf::actor receiver;
  caf::actor reactor;
  channel_actor uut;
};

} // namespace troupe::test
