// SPDX-License-Identifier: Apache-2.0
#include "honest_client.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "fortress.hpp"
#include "raider.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::bench {

using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

namespace {

/// How long the last ping may take, and how long it is to the next one.
constexpr auto patience = 5s;
constexpr auto ping_pause = 50ms;

double milliseconds(clock_type::duration span) {
  return std::chrono::duration<double, std::milli>{span}.count();
}

using round_trips_ptr = std::shared_ptr<round_trips>;

/// Says `ok_atom` to `done` when the node is up, and after each phase, which
/// begins with `tick_atom`.
struct honest_state {
  honest_state(caf::event_based_actor* ptr, const node& home,
               round_trips_ptr results, const caf::actor& to)
    : self(ptr),
      trips(std::move(results)),
      done(to) {
    wire = home.open_channel<echo::EchoMessage>(self, siege_channels().at(0));
    home.subscribe(self);
  }

  caf::behavior make_behavior() {
    return {
        [this](const peer_update& update) {
          if (update.status == peer_status::down)
            give_up("the honest client lost its connection: "
                    + std::string{to_string(update.reason)});
          if (update.status != peer_status::up)
            return;
          peer = update.peer;
          self->send(done, caf::ok_atom_v);
        },
        [this](caf::tick_atom) {
          *trips = {};
          end = clock_type::now() + siege_phase;
          ping();
        },
        [this](caf::ok_atom) {
          if (clock_type::now() < end)
            ping();
          else
            self->delayed_send(self, ping_pause, caf::update_atom_v);
        },
        [this](caf::update_atom) { finish(); },
        [this](const inbound_envelope& in) {
          auto pong = in.message.as<echo::PongMessage>();
          if (pong == nullptr)
            return;
          auto i = open.find(pong->content());
          if (i == open.end())
            return;
          trips->times.push_back(clock_type::now() - i->second);
          open.erase(i);
        },
    };
  }

  void ping() {
    echo::PingMessage message;
    message.set_content(std::to_string(++number));
    open[message.content()] = clock_type::now();
    wire.send(peer, message);
    self->delayed_send(self, ping_pause, caf::ok_atom_v);
  }

  void finish() {
    const auto now = clock_type::now();
    if (!open.empty() && now < end + patience) {
      self->delayed_send(self, ping_pause, caf::update_atom_v);
      return;
    }
    for (const auto& [content, sent] : open)
      trips->times.push_back(now - sent);
    trips->lost = open.size();
    open.clear();
    self->send(done, caf::ok_atom_v);
  }

  static inline const char* name = "siege.honest";

  caf::event_based_actor* self;
  round_trips_ptr trips;
  caf::actor done;
  channel<echo::EchoMessage> wire;
  node_id peer;
  uint64_t number = 0;
  std::map<std::string, clock_type::time_point> open;
  clock_type::time_point end;
};

} // namespace

void give_up(const std::string& why) {
  fmt::print(stderr, "siege: {}\n", why);
  std::exit(1);
}

double round_trips::percentile(double which) {
  if (times.empty())
    give_up("no ping was sent");
  std::sort(times.begin(), times.end());
  return milliseconds(times[static_cast<size_t>(
      which * static_cast<double>(times.size() - 1))]);
}

honest_client::honest_client(caf::actor_system& sys, const std::string& address)
  : self_(sys),
    trips_(std::make_shared<round_trips>()) {
  system_entropy random;
  auto options = siege_options(node_key::generate(random));
  options.listen = {};
  options.persistent_peers = {address};
  options.channels_expected = 1;
  home_ = spawn_node(sys, options);
  actor_ = sys.spawn<caf::stateful_actor<honest_state>>(
      home_, trips_, caf::actor_cast<caf::actor>(self_));
  wait();
}

honest_client::~honest_client() {
  self_->send_exit(actor_, caf::exit_reason::user_shutdown);
  home_.stop();
  self_->wait_for(home_.router());
}

round_trips honest_client::run_phase() {
  self_->send(actor_, caf::tick_atom_v);
  wait();
  return *trips_;
}

void honest_client::wait() {
  self_->receive([](caf::ok_atom) {}, caf::after(siege_phase + patience + 30s)
                                          >>
                                          [] {
                                            give_up("the honest client hears "
                                                    "nothing");
                                          });
}

} // namespace troupe::bench
