// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <unistd.h>

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/transport/send_window.hpp"

namespace troupe::bench {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

[[noreturn]] void request_failed(const caf::error& reason) {
  std::fprintf(stderr, "bench: %s\n", to_string(reason).c_str());
  std::exit(1);
}

/// The far side of a connection: reader and writer in one.
caf::behavior far_end(caf::event_based_actor* self,
                      const connection_actor& connection) {
  auto round = std::make_shared<size_t>(0);
  auto answer = [self, connection](channel_id channel, bytes body) {
    outbound_batch batch;
    batch.push_back({channel, shared_bytes{body}});
    self->send(connection, send_atom_v, std::move(batch));
  };
  return {
      [self, connection, round, answer](inbound_batch& batch) {
        std::vector<channel_credit> done;
        for (auto& message : batch) {
          add_cost(done, message.channel, read_cost(message.body.size()));
          if (message.channel == echo_channel) {
            answer(echo_channel, {message.body.begin(), message.body.end()});
            continue;
          }
          if (*round == 0)
            std::memcpy(round.get(), message.body.data(), sizeof(size_t));
          *round -= std::min(*round, message.body.size());
          if (*round == 0)
            answer(data_channel, {});
        }
        const auto cost = total_cost(done);
        self->send(connection, credit_atom_v, std::move(done), cost);
      },
      [](sent_atom, const std::vector<channel_credit>&) {},
  };
}

/// Feeds a connection with rounds of messages and waits for the answer to each.
struct sender_state {
  size_t left = 0;
  size_t held = 0;
  shared_bytes head;
};

caf::behavior sender(caf::event_based_actor* self,
                     const connection_actor& connection, size_t size,
                     const caf::actor& done) {
  auto state = std::make_shared<sender_state>();
  auto body = shared_bytes{bytes(size)};
  auto feed = [self, connection, body, state] {
    outbound_batch batch;
    const auto cost = message_cost(body.size());
    while (state->left > 0
           && (state->held == 0 || state->held + cost <= connection_window)) {
      auto head = std::exchange(state->head, {});
      batch.push_back({data_channel, head ? std::move(head) : body});
      state->held += cost;
      state->left -= std::min(state->left, body.size());
    }
    if (!batch.empty())
      self->send(connection, send_atom_v, std::move(batch));
  };
  return {
      [body, state, feed](caf::ok_atom, uint64_t total) {
        auto head = bytes{body.begin(), body.end()};
        std::memcpy(head.data(), &total, sizeof(total));
        state->head = shared_bytes{head};
        state->left = total;
        feed();
      },
      [state, feed](sent_atom, const std::vector<channel_credit>& sent) {
        for (const auto& credit : sent)
          state->held -= std::min(state->held, credit.cost);
        feed();
      },
      [self, connection, done](const inbound_batch& batch) {
        const auto& first = batch.front();
        const auto cost = read_cost(first.body.size());
        self->send(connection, credit_atom_v,
                   std::vector<channel_credit>{{first.channel, cost}}, cost);
        self->send(done, caf::ok_atom_v);
      },
  };
}

/// Sends small messages, the next one when the answer to the last is there.
/// With a `flood`, which it sends copies of, the connection always has as much
/// else to send as it may hold.
caf::behavior echo_sender(caf::event_based_actor* self,
                          const connection_actor& connection, size_t count,
                          const shared_bytes& flood, const caf::actor& done) {
  auto times = std::make_shared<std::vector<std::chrono::nanoseconds>>();
  auto start = std::make_shared<clock::time_point>();
  auto held = std::make_shared<size_t>(0);
  auto ping = [self, connection, start] {
    *start = clock::now();
    outbound_batch batch;
    batch.push_back({echo_channel, shared_bytes{bytes(64)}});
    self->send(connection, send_atom_v, std::move(batch));
  };
  auto fill = [self, connection, flood, held] {
    outbound_batch batch;
    while (flood && *held + message_cost(flood.size()) <= connection_window) {
      *held += message_cost(flood.size());
      batch.push_back({data_channel, flood});
    }
    if (!batch.empty())
      self->send(connection, send_atom_v, std::move(batch));
  };
  return {
      [ping, fill](caf::ok_atom) {
        fill();
        ping();
      },
      [=](const inbound_batch& batch) {
        for (const auto& message : batch) {
          const auto cost = read_cost(message.body.size());
          self->send(connection, credit_atom_v,
                     std::vector<channel_credit>{{message.channel, cost}},
                     cost);
        }
        times->push_back(clock::now() - *start);
        if (times->size() < count) {
          ping();
          return;
        }
        std::sort(times->begin(), times->end());
        const auto size = times->size();
        self->send(done, caf::timespan{(*times)[size / 2]},
                   caf::timespan{(*times)[size * 99 / 100]});
      },
      [fill, held](sent_atom, const std::vector<channel_credit>& sent) {
        for (const auto& credit : sent)
          if (credit.channel == data_channel)
            *held -= std::min(*held, credit.cost);
        fill();
      },
  };
}

caf::behavior acceptor(caf::event_based_actor* self,
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
                        // The connection holds its reader weakly.
                        connection->attach_functor([end](const caf::error&) {});
                        self->send(connection, start_atom_v, channels(), end,
                                   end);
                      },
                      [](const caf::error&) {});
              self->send(self, caf::tick_atom_v);
            });
      },
  };
}

} // namespace

std::vector<channel_descriptor> channels() {
  return {{.id = data_channel, .priority = 1},
          {.id = echo_channel, .priority = 10}};
}

std::shared_ptr<const mconn_options> unlimited() {
  auto random = std::make_shared<system_entropy>();
  auto key = node_key::generate(*random);
  mconn_options result{.key = key, .random = random};
  result.stream.send_rate.reset();
  result.stream.recv_rate.reset();
  result.max_accepted = 4096;
  return std::make_shared<const mconn_options>(std::move(result));
}

node_info info_of(const mconn_options& options) {
  return {.node_id = to_string(options.key.id()),
          .listen_addr = "tcp://127.0.0.1:0",
          .network = "bench",
          .channels = {data_channel, echo_channel},
          .moniker = "bench"};
}

connection_actor connect(caf::scoped_actor& self, const endpoint& where,
                         const std::shared_ptr<const mconn_options>& options) {
  auto transport = spawn_mconn_transport(self->system(), options);
  connection_actor result;
  self->request(transport, 10s, caf::connect_atom_v, where, caf::timespan{10s})
      .receive(
          [&result](const caf::actor& connection) {
            result = caf::actor_cast<connection_actor>(connection);
          },
          request_failed);
  self->send_exit(transport, caf::exit_reason::user_shutdown);
  self->request(result, 10s, handshake_atom_v, info_of(*options), node_id{},
                caf::timespan{10s})
      .receive([](const handshake_result&) {}, request_failed);
  return result;
}

void serve(caf::actor_system& sys) {
  caf::scoped_actor self{sys};
  auto options = unlimited();
  auto transport = spawn_mconn_transport(sys, options);
  auto where = endpoint{"mconn", ip_address::v4(127, 0, 0, 1), 0, {}};
  self->request(transport, 10s, listen_atom_v, where)
      .receive(
          [](const endpoint& real) {
            std::printf("%u\n", static_cast<unsigned>(real.port));
            std::fflush(stdout);
          },
          request_failed);
  auto loop = sys.spawn(acceptor, transport, info_of(*options));
  for (;;)
    pause();
}

bulk_sender::bulk_sender(caf::actor_system& sys, connection_actor connection,
                         size_t size)
  : self_(sys),
    connection_(std::move(connection)),
    worker_(sys.spawn(sender, connection_, size,
                      caf::actor_cast<caf::actor>(self_))) {
  self_->send(connection_, start_atom_v, channels(), worker_, worker_);
}

bulk_sender::~bulk_sender() {
  self_->send_exit(connection_, caf::exit_reason::user_shutdown);
  self_->send_exit(worker_, caf::exit_reason::user_shutdown);
}

double bulk_sender::run(size_t total) {
  auto start = clock::now();
  self_->send(worker_, caf::ok_atom_v, static_cast<uint64_t>(total));
  self_->receive([](caf::ok_atom) {});
  auto time = std::chrono::duration<double>{clock::now() - start};
  return static_cast<double>(total) / time.count();
}

echo_times measure_echo(caf::actor_system& sys,
                        const connection_actor& connection, size_t count,
                        bool flooded) {
  caf::scoped_actor self{sys};
  // A round that never ends: its size is the largest that there is.
  auto flood = flooded ? shared_bytes{bytes(16 * 1024, std::byte{0xff})}
                       : shared_bytes{};
  auto worker = sys.spawn(echo_sender, connection, count, flood,
                          caf::actor_cast<caf::actor>(self));
  self->send(connection, start_atom_v, channels(), worker, worker);
  self->send(worker, caf::ok_atom_v);
  echo_times result;
  self->receive([&result](caf::timespan median, caf::timespan worst) {
    result = {median, worst};
  });
  self->send_exit(connection, caf::exit_reason::user_shutdown);
  self->send_exit(worker, caf::exit_reason::user_shutdown);
  return result;
}

} // namespace troupe::bench
