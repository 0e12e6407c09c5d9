// SPDX-License-Identifier: Apache-2.0
#include "reactors.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace troupe::bench {

using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;
using echo::EchoMessage;
using echo::PingMessage;
using echo::PongMessage;

namespace {

constexpr size_t bulk_size = 8 * 1024;

/// Most bulk messages that the connection has not taken yet: who has so many
/// waits, as a sender that must not lose anything does.
constexpr size_t bulk_waiting = 64;

/// Pings go out whether or not the ones before them were answered.
constexpr auto ping_pause = 5ms;

/// How long the last answers get.
constexpr auto last_wait = 3s;

channel_descriptor bulk_channel() {
  return {.id = 0x70, .priority = 1};
}

/// No ping is to be lost at its sender, however long it waits.
channel_descriptor echo_channel() {
  return {.id = 0x71, .priority = 10, .send_queue_messages = 64 * 1024};
}

PingMessage ping_of(std::string content) {
  PingMessage result;
  result.set_content(std::move(content));
  return result;
}

} // namespace

void give_up(const std::string& why) {
  fmt::print(stderr, "blocking: {}\n", why);
  std::exit(1);
}

uint64_t number_in(std::string_view text) {
  uint64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

// -- the node whose reactor stalls --------------------------------------------

caf::behavior stalling(caf::stateful_actor<stalling_state>* self,
                       const node& home) {
  home.open_channel<EchoMessage>(self, bulk_channel());
  return {[self](const inbound_envelope& in) {
    return in.match([self](const PingMessage& ping) {
      auto& state = self->state;
      std::string_view text = ping.content();
      if (text.starts_with("stall ")) {
        std::this_thread::sleep_for(
            std::chrono::seconds{number_in(text.substr(6))});
        return;
      }
      if (text == "end") {
        fmt::print("{} {}\n", state.received, state.in_order ? 1 : 0);
        std::fflush(stdout);
        return;
      }
      const auto number = number_in(text);
      state.in_order = state.in_order && number > state.last;
      state.last = number;
      ++state.received;
    });
  }};
}

caf::behavior echoing(caf::event_based_actor* self, const node& home) {
  auto wire = home.open_channel<EchoMessage>(self, echo_channel());
  return {[wire](const inbound_envelope& in) {
    return in.match([&](const PingMessage& ping) {
      PongMessage pong;
      pong.set_content(ping.content());
      wire.send(in.from, pong);
    });
  }};
}

// -- the other one ------------------------------------------------------------

caf::behavior sender(caf::stateful_actor<sender_state>* self, const node& home,
                     const caf::actor& owner, duration pause) {
  self->state.wire = home.open_channel<EchoMessage>(self, bulk_channel());
  home.subscribe(self);
  auto send = [self](std::string text) {
    auto& state = self->state;
    ++state.waiting;
    state.wire.send(self, state.peer, ping_of(std::move(text)))
        .then([self] { --self->state.waiting; },
              [self](const caf::error&) {
                --self->state.waiting;
                ++self->state.failed;
              });
  };
  return {
      [self, owner](const peer_update& update) {
        // Our own node stops when it has been measured.
        if (update.status == peer_status::down
            && update.reason != errc::shutting_down)
          give_up("the connection ended: "
                  + std::string{to_string(update.reason)});
        if (update.status != peer_status::up)
          return;
        self->state.peer = update.peer;
        self->send(self, caf::tick_atom_v);
        self->send(owner, caf::ok_atom_v);
      },
      [self, send, pause](caf::tick_atom) {
        auto& state = self->state;
        if (state.ending)
          return;
        self->delayed_send(self, pause, caf::tick_atom_v);
        if (state.waiting >= bulk_waiting) {
          ++state.held_back;
          return;
        }
        auto text = std::to_string(++state.sent) + " ";
        text.resize(bulk_size, 'x');
        send(std::move(text));
      },
      [send](const std::string& text) { send(text); },
      [self, owner, send](caf::close_atom) {
        auto& state = self->state;
        state.ending = true;
        if (state.waiting > 0) {
          self->delayed_send(self, ping_pause, caf::close_atom_v);
          return;
        }
        send("end");
        self->send(owner, state.sent, state.failed, state.held_back);
      },
      [](const inbound_envelope&) {},
  };
}

caf::behavior pinger(caf::stateful_actor<pinger_state>* self, const node& home,
                     round_trips* results, const caf::actor& owner) {
  self->state.wire = home.open_channel<EchoMessage>(self, echo_channel());
  home.subscribe(self);
  return {
      [self, owner](const peer_update& update) {
        if (update.status != peer_status::up)
          return;
        self->state.peer = update.peer;
        self->send(self, caf::tick_atom_v);
        self->send(owner, caf::ok_atom_v);
      },
      [self](caf::tick_atom) {
        auto& state = self->state;
        if (state.ending)
          return;
        self->delayed_send(self, ping_pause, caf::tick_atom_v);
        state.open.emplace(++state.number, clock_type::now());
        state.wire.send(state.peer, ping_of(std::to_string(state.number)));
      },
      [self, results](const inbound_envelope& in) {
        return in.match([&](const PongMessage& pong) {
          auto& open = self->state.open;
          auto i = open.find(number_in(pong.content()));
          if (i == open.end())
            return;
          results->emplace(i->second, clock_type::now() - i->second);
          open.erase(i);
        });
      },
      [self, owner](caf::close_atom) {
        self->state.ending = true;
        self->delayed_send(self, last_wait, caf::update_atom_v);
      },
      [self, owner, results](caf::update_atom) {
        auto& open = self->state.open;
        for (const auto& [number, sent_at] : open)
          results->emplace(sent_at, clock_type::now() - sent_at);
        self->send(owner, open.size());
      },
  };
}

} // namespace troupe::bench
