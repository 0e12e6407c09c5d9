// SPDX-License-Identifier: Apache-2.0
#include "nodes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "channels.hpp"
#include "clocks.hpp"
#include "load_plan.hpp"
#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::versus {

namespace {

using namespace std::chrono_literals;

using troupe::echo::EchoMessage;
using troupe::echo::PingMessage;

PingMessage ping_of(const void* from, size_t size) {
  PingMessage result;
  result.set_content(from, size);
  return result;
}

PingMessage ping_of_size(size_t size) {
  PingMessage result;
  result.set_content(std::string(size, 'x'));
  return result;
}

node start_node(caf::actor_system& sys, const level& how, size_t channels,
                std::vector<std::string> peers) {
  system_entropy random;
  node_options options{
      .key = node_key::generate(random),
      .network = "bench",
      .listen = {how.protocol + "://127.0.0.1:0"},
      .persistent_peers = std::move(peers),
      .channels_expected = channels,
      .max_connected = std::nullopt,
      .max_accepted = 15'000,
      .inbound = {.exempt = {ip_network::of(ip_address::v4(127, 0, 0, 1))}}};
  if (!how.default_limits) {
    options.stream.send_rate.reset();
    options.stream.recv_rate.reset();
  }
  return spawn_node(sys, std::move(options));
}

/// The handlers of a reactor that takes pings, one by one or in batches.
/// @pre `State` has `got(channel, peer, ping)`.
template <class State, class... Handlers>
caf::behavior behavior_of(const std::shared_ptr<State>& state,
                          Handlers... more) {
  return {
      [state](const inbound_envelope& in) {
        return in.match([&](const PingMessage& ping) {
          state->got(in.channel, in.from, ping);
        });
      },
      [state](const std::vector<inbound_envelope>& batch) {
        for (const auto& in : batch)
          if (const auto* ping = in.message.as<PingMessage>())
            state->got(in.channel, in.from, *ping);
      },
      std::move(more)...,
  };
}

delivery delivery_of(const level& how) {
  return how.batches ? delivery::in_batches : delivery::one_by_one;
}

/// The serving reactor: counts and acknowledges bulk, echoes, broadcasts.
class server {
public:
  server(caf::event_based_actor* self, node home, const level& how,
         caf::actor done)
    : self_(self),
      home_(std::move(home)),
      done_(std::move(done)) {
    for (const auto& what :
         how.many_channels ? many_channels() : measured_channels(how.wide))
      open_[what.id]
          = home_.open_channel<EchoMessage>(self_, what, delivery_of(how));
    home_.subscribe(self_);
  }

  void got(channel_id channel, const node_id& from, const PingMessage& ping) {
    const auto size = ping.content().size();
    if (channel == echo_channel) {
      open_[channel].send(from, ping);
      return;
    }
    if (total_ > 0)
      if (auto i = acked_.find(from); i != acked_.end()) {
        std::memcpy(&i->second, ping.content().data(),
                    std::min<size_t>(8, size));
        push();
        return;
      }
    auto& round = rounds_[channel];
    auto& waiting = unacked_[channel];
    if (size <= 1) {
      waiting = 0;
      const auto end = round.finish();
      open_[channel].send(from, ping_of(end.data(), 16));
      return;
    }
    round.arrived(size);
    waiting += size + 64;
    if (waiting < window / 8)
      return;
    waiting = 0;
    const auto bytes = round.bytes();
    open_[channel].send(from, ping_of(&bytes, 8));
  }

  void update(const peer_update& what) {
    if (what.status == peer_status::up)
      acked_[what.peer] = 0;
    else if (what.status == peer_status::down)
      acked_.erase(what.peer);
  }

  /// "peers", or "bcast SIZE COUNT".
  void command(const std::string& text) {
    std::istringstream in{text};
    std::string verb;
    size_t size = 0;
    uint64_t count = 0;
    in >> verb >> size >> count;
    if (verb != "bcast") {
      self_->send(done_, fmt::to_string(acked_.size()));
      return;
    }
    message_ = ping_of_size(size);
    sent_ = acked_.empty() ? 0 : acked_.begin()->second;
    total_ = sent_ + count;
    ahead_
        = std::clamp<size_t>(1024 * 1024 / std::max<size_t>(size, 1), 16, 256);
    push();
  }

private:
  /// Broadcasts as far as the slowest peer lets us.
  void push() {
    auto least = UINT64_MAX;
    for (const auto& [id, count] : acked_)
      least = std::min(least, count);
    while (sent_ < total_ && sent_ < least + ahead_) {
      open_[data_channel].broadcast(message_);
      ++sent_;
    }
    if (total_ == 0 || least < total_)
      return;
    total_ = 0;
    self_->send(done_, std::string{"ok"});
  }

  caf::event_based_actor* self_;
  node home_;
  caf::actor done_;
  std::map<channel_id, any_channel> open_;
  std::map<channel_id, round_clock> rounds_;
  std::map<channel_id, uint64_t> unacked_;
  // Of broadcasts.
  std::map<node_id, uint64_t> acked_;
  PingMessage message_;
  uint64_t sent_ = 0;
  uint64_t total_ = 0;
  uint64_t ahead_ = 0;
};

caf::behavior serving(caf::event_based_actor* self, const node& home,
                      const level& how, const caf::actor& done) {
  auto state = std::make_shared<server>(self, home, how, done);
  return behavior_of(
      state, [state](const std::string& text) { state->command(text); },
      [state](const peer_update& what) { state->update(what); });
}

/// The loading reactor.
class client {
public:
  client(caf::event_based_actor* self, const node& home, pid_t other,
         const level& how, caf::actor done)
    : self_(self),
      done_(std::move(done)),
      plan_(other) {
    for (const auto& what : measured_channels(how.wide))
      open_[what.id]
          = home.open_channel<EchoMessage>(self_, what, delivery_of(how));
    home.subscribe(self_);
  }

  void command(const std::string& text) {
    if (!plan_.begin(text)) {
      self_->send(done_, "no such command: " + text);
      return;
    }
    sent_ = 0;
    acked_ = 0;
    message_ = ping_of_size(plan_.size());
    feed();
    if (plan_.one_by_one())
      ping(64);
    else if (plan_.pings())
      tick();
  }

  void tick() {
    if (plan_.over()) {
      feed();
      return;
    }
    self_->delayed_send(self_, 5ms, caf::tick_atom_v);
    ping(100);
  }

  void got(channel_id channel, const node_id&, const PingMessage& ping) {
    const auto& content = ping.content();
    if (channel == echo_channel) {
      pong(content);
      return;
    }
    std::array<uint64_t, 2> end{};
    std::memcpy(end.data(), content.data(),
                std::min(content.size(), sizeof(end)));
    if (content.size() > 8) {
      self_->send(done_, plan_.round_result(end[0], end[1]));
      return;
    }
    acked_ = end[0];
    feed();
  }

  void update(const peer_update& what) {
    // Others may dial us later, to be idle.
    if (what.status != peer_status::up || std::exchange(ready_, true))
      return;
    peer_ = what.peer;
    self_->send(done_, std::string{"ready"});
  }

private:
  void feed() {
    const auto size = message_.content().size();
    const auto most = std::min<uint64_t>(window, window_messages * size);
    while (plan_.more() && sent_ - acked_ < most) {
      plan_.take();
      open_[plan_.channel()].send(peer_, message_);
      sent_ += size;
    }
    if (plan_.take_end())
      open_[plan_.channel()].send(peer_, ping_of("", 1));
  }

  void ping(size_t size) {
    std::string content(size, 'x');
    const auto time = now();
    std::memcpy(content.data(), &time, sizeof(time));
    PingMessage message;
    message.set_content(std::move(content));
    open_[echo_channel].send(peer_, message);
  }

  void pong(std::string_view content) {
    double sent_at = 0;
    std::memcpy(&sent_at, content.data(), sizeof(sent_at));
    plan_.pong(sent_at);
    if (!plan_.one_by_one())
      return;
    if (plan_.over())
      self_->send(done_, plan_.echo_result());
    else
      ping(64);
  }

  caf::event_based_actor* self_;
  caf::actor done_;
  load_plan plan_;
  bool ready_ = false;
  node_id peer_ = {};
  std::map<channel_id, any_channel> open_;
  PingMessage message_;
  uint64_t sent_ = 0;  // Bytes of this round.
  uint64_t acked_ = 0; // The same.
};

caf::behavior sending_node(caf::event_based_actor* self, const node& home,
                           pid_t other, const level& how,
                           const caf::actor& done) {
  auto state = std::make_shared<client>(self, home, other, how, done);
  return behavior_of(
      state, [state](const std::string& text) { state->command(text); },
      [state](caf::tick_atom) { state->tick(); },
      [state](const peer_update& what) { state->update(what); });
}

void say(std::string_view text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

/// "PORT ID" of a node that listens.
std::string where_is(caf::scoped_actor& self, const node& home) {
  std::string result;
  home.endpoints(self).receive(
      [&](const std::vector<endpoint>& where) {
        result = fmt::format("{} {}", where.at(0).port, to_string(home.id()));
      },
      [](const caf::error& why) {
        fmt::print(stderr, "perf_troupe: {}\n", to_string(why));
        std::exit(1);
      });
  return result;
}

} // namespace

void serve_node(caf::actor_system& sys, const level& how) {
  caf::scoped_actor self{sys};
  const auto channels
      = how.many_channels ? many_channels() : measured_channels(how.wide);
  auto home = start_node(sys, how, channels.size(), {});
  auto worker
      = sys.spawn(serving, home, how, caf::actor_cast<caf::actor>(self));
  say(where_is(self, home));
  for (std::string text; std::getline(std::cin, text);) {
    // The sender of a broadcast measures itself.
    const auto start = now();
    const both_cpu before{0};
    self->send(worker, text);
    self->receive([&](const std::string& result) {
      if (text.starts_with("bcast"))
        say(fmt::format("{:.6f} {:.6f}", now() - start,
                        both_cpu{0}.mine - before.mine));
      else
        say(result);
    });
  }
  std::_Exit(0);
}

void load_node(caf::actor_system& sys, const std::string& address, pid_t other,
               const level& how) {
  caf::scoped_actor self{sys};
  auto home
      = start_node(sys, how, measured_channels(how.wide).size(), {address});
  auto worker = sys.spawn(sending_node, home, other, how,
                          caf::actor_cast<caf::actor>(self));
  std::string ready;
  self->receive([&ready](const std::string& text) { ready = text; });
  say(fmt::format("{} {}", ready, where_is(self, home)));
  for (std::string text; std::getline(std::cin, text);) {
    self->send(worker, text);
    self->receive([](const std::string& result) { say(result); });
  }
  std::_Exit(0);
}

} // namespace troupe::versus
