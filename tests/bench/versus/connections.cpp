// SPDX-License-Identifier: Apache-2.0
#include "connections.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "clocks.hpp"
#include "dialing.hpp"
#include "handshakes.hpp"
#include "load_plan.hpp"
#include "troupe/transport/read_window.hpp"
#include "troupe/transport/send_window.hpp"

namespace troupe::versus {

namespace {

using namespace std::chrono_literals;

std::vector<channel_descriptor> channels() {
  return {{.id = data_channel, .priority = 1},
          {.id = echo_channel, .priority = 10},
          {.id = flood_channel, .priority = 1}};
}

shared_bytes body_of(const void* from, size_t size) {
  const auto* p = static_cast<const std::byte*>(from);
  return shared_bytes{byte_view{p, size}};
}

/// The serving end: counts what is bulk, and echoes.
caf::behavior far_end(caf::event_based_actor* self,
                      const connection_actor& to) {
  auto rounds = std::make_shared<std::array<round_clock, 2>>();
  return {
      [self, to, rounds](inbound_batch& batch) {
        std::vector<channel_credit> done;
        outbound_batch out;
        for (auto& message : batch) {
          add_cost(done, message.channel, read_cost(message.body.size()));
          if (message.channel == echo_channel) {
            out.push_back({echo_channel,
                           body_of(message.body.data(), message.body.size())});
            continue;
          }
          auto& round = (*rounds)[message.channel == flood_channel ? 1 : 0];
          if (message.body.size() > 1) {
            round.arrived(message.body.size());
            continue;
          }
          const auto end = round.finish();
          out.push_back({message.channel, body_of(end.data(), 16)});
        }
        const auto cost = total_cost(done);
        self->send(to, credit_atom_v, std::move(done), cost);
        if (!out.empty())
          self->send(to, send_atom_v, std::move(out));
      },
      [](sent_atom, const std::vector<channel_credit>&) {},
  };
}

/// The loading end. Commands come as text, results go to `done` as text.
class loader {
public:
  loader(caf::event_based_actor* self, connection_actor to, pid_t other,
         caf::actor done)
    : self_(self),
      to_(std::move(to)),
      done_(std::move(done)),
      plan_(other) {}

  caf::behavior behavior() {
    return {
        [this](const std::string& command) {
          if (!plan_.begin(command))
            fail(caf::make_error(errc::invalid_option, command));
          body_ = shared_bytes{bytes(plan_.size())};
          feed();
          if (plan_.one_by_one())
            ping(64);
          else if (plan_.pings())
            tick();
        },
        [this](caf::tick_atom) { tick(); },
        [this](sent_atom, const std::vector<channel_credit>& sent) {
          for (const auto& credit : sent)
            held_[credit.channel] -= credit.cost;
          feed();
        },
        [this](const inbound_batch& batch) {
          std::vector<channel_credit> done;
          for (const auto& message : batch) {
            add_cost(done, message.channel, read_cost(message.body.size()));
            arrived(message);
          }
          const auto cost = total_cost(done);
          self_->send(to_, credit_atom_v, std::move(done), cost);
        },
    };
  }

private:
  void feed() {
    outbound_batch batch;
    auto& held = held_[plan_.channel()];
    const auto cost = message_cost(body_.size());
    while (plan_.more() && (held == 0 || held + cost <= connection_window)) {
      plan_.take();
      batch.push_back({plan_.channel(), body_});
      held += cost;
    }
    if (plan_.take_end()) {
      batch.push_back({plan_.channel(), body_of("", 1)});
      held += message_cost(1);
    }
    if (!batch.empty())
      self_->send(to_, send_atom_v, std::move(batch));
  }

  void ping(size_t size) {
    bytes content(size);
    const auto sent_at = now();
    std::memcpy(content.data(), &sent_at, sizeof(sent_at));
    held_[echo_channel] += message_cost(size);
    outbound_batch batch;
    batch.push_back({echo_channel, shared_bytes{content}});
    self_->send(to_, send_atom_v, std::move(batch));
  }

  void tick() {
    if (plan_.over()) {
      feed();
      return;
    }
    self_->delayed_send(self_, 5ms, caf::tick_atom_v);
    ping(100);
  }

  void arrived(const inbound_message& message) {
    if (message.channel != echo_channel) {
      std::array<uint64_t, 2> end{};
      std::memcpy(end.data(), message.body.data(), sizeof(end));
      self_->send(done_, plan_.round_result(end[0], end[1]));
      return;
    }
    double sent_at = 0;
    std::memcpy(&sent_at, message.body.data(), sizeof(sent_at));
    plan_.pong(sent_at);
    if (!plan_.one_by_one())
      return;
    if (plan_.over())
      self_->send(done_, plan_.echo_result());
    else
      ping(64);
  }

  caf::event_based_actor* self_;
  connection_actor to_;
  caf::actor done_;
  load_plan plan_;
  shared_bytes body_;
  std::array<size_t, 256> held_ = {};
};

caf::behavior loading(caf::event_based_actor* self, const connection_actor& to,
                      pid_t other, const caf::actor& done) {
  auto state = std::make_shared<loader>(self, to, other, done);
  self->attach_functor([state](const caf::error&) {});
  return state->behavior();
}

caf::behavior accepting(caf::event_based_actor* self,
                        const transport_actor& transport,
                        const node_info& info) {
  self->send(self, caf::tick_atom_v);
  return {
      [=](caf::tick_atom) {
        self->request(transport, caf::infinite, accept_atom_v)
            .then([=](const caf::actor& accepted) {
              auto connection = caf::actor_cast<connection_actor>(accepted);
              self->request(connection, caf::infinite, handshake_atom_v, info,
                            node_id{}, caf::timespan{10s})
                  .then(
                      [=](const handshake_result&) {
                        auto end = self->spawn(far_end, connection);
                        connection->attach_functor([end](const caf::error&) {
                          caf::anon_send_exit(end,
                                              caf::exit_reason::user_shutdown);
                        });
                        self->send(connection, start_atom_v, channels(), end,
                                   end);
                      },
                      [](const caf::error&) {});
              self->send(self, caf::tick_atom_v);
            });
      },
  };
}

/// A peer that acknowledges what a node broadcasts: each large message and
/// every 16th small one, by the count so far as the content of a ping.
caf::behavior broadcast_end(caf::event_based_actor* self,
                            const connection_actor& to) {
  auto count = std::make_shared<uint64_t>(0);
  return {
      [self, to, count](const inbound_batch& batch) {
        std::vector<channel_credit> done;
        outbound_batch out;
        for (const auto& message : batch) {
          add_cost(done, message.channel, read_cost(message.body.size()));
          if (++*count % 16 != 0 && message.body.size() < 16 * 1024)
            continue;
          // EchoMessage{PingMessage{content}}, 8 bytes of content.
          std::array<uint8_t, 12> ack{0x0a, 10, 0x0a, 8};
          std::memcpy(ack.data() + 4, count.get(), 8);
          out.push_back({message.channel, body_of(ack.data(), ack.size())});
        }
        const auto cost = total_cost(done);
        self->send(to, credit_atom_v, std::move(done), cost);
        if (!out.empty())
          self->send(to, send_atom_v, std::move(out));
      },
      [](sent_atom, const std::vector<channel_credit>&) {},
  };
}

void wait_for_the_end() {
  for (std::string text; std::getline(std::cin, text);) {
  }
  std::_Exit(0);
}

} // namespace

void serve_connections(caf::actor_system& sys, const level& how) {
  caf::scoped_actor self{sys};
  auto options = make_options(how);
  auto transport = transport_of(sys, how, options);
  self->request(transport, 10s, listen_atom_v, loopback(how, 0))
      .receive(
          [](const endpoint& real) {
            fmt::print("{} -\n", real.port);
            std::fflush(stdout);
          },
          fail);
  auto loop = sys.spawn(
      accepting, transport,
      info_of(*options, {data_channel, echo_channel, flood_channel}));
  wait_for_the_end();
}

void load_connections(caf::actor_system& sys, uint16_t port, pid_t other,
                      const level& how) {
  caf::scoped_actor self{sys};
  const auto me = caf::actor_cast<caf::actor>(self);
  auto to = connect(self, how, port, make_options(how),
                    {data_channel, echo_channel, flood_channel});
  auto worker = sys.spawn(loading, to, other, me);
  self->send(to, start_atom_v, channels(), worker, worker);
  fmt::print("ready\n");
  std::fflush(stdout);
  for (std::string text; std::getline(std::cin, text);) {
    if (text.starts_with("hs ")) {
      const auto count = std::stoul(text.substr(3));
      const both_cpu before{other};
      const auto start = now();
      spawn_handshakes(sys, how, port, count, me);
      self->receive([](const std::string&) {});
      const auto took = now() - start;
      fmt::print("{}\n", round_line(before, both_cpu{other},
                                    static_cast<uint64_t>(took * 1e9), count));
    } else {
      self->send(worker, text);
      self->receive(
          [](const std::string& result) { fmt::print("{}\n", result); });
    }
    std::fflush(stdout);
  }
  std::_Exit(0);
}

void dial_as_peers(caf::actor_system& sys, const level& how, uint16_t port,
                   size_t count) {
  caf::scoped_actor self{sys};
  std::vector<channel_id> ids{0x00, 0x20, 0x21, 0x22, 0x23,        0x30,
                              0x38, 0x40, 0x60, 0x61, data_channel};
  std::vector<channel_descriptor> open;
  for (auto id : ids)
    open.push_back({.id = id});
  std::vector<connection_actor> all;
  for (size_t i = 0; i < count; ++i) {
    auto to = connect(self, how, port, make_options(how), ids);
    auto end = sys.spawn(broadcast_end, to);
    to->attach_functor([end](const caf::error& why) {
      fmt::print(stderr, "perf_troupe: a peer was dropped: {}\n",
                 to_string(why));
    });
    self->send(to, start_atom_v, open, end, end);
    all.push_back(to);
  }
  fmt::print("ready\n");
  std::fflush(stdout);
  wait_for_the_end();
}

} // namespace troupe::versus
