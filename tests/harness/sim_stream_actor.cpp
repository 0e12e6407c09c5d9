// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_stream_actor.hpp"

#include <deque>
#include <utility>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"

namespace troupe::testing {

namespace {

using sim_stream_actor = byte_stream_actor::extend<
    // Sent by the actor to itself, to end behind what it was told before.
    caf::result<void>(closed_atom, caf::error)>;

struct sim_stream_state : sim_socket_owner {
  static inline const char* name = "troupe.sim-stream";

  sim_stream_state(sim_stream_actor::pointer ptr,
                   std::shared_ptr<sim_network> shared_network, sim_socket end)
    : self(ptr),
      network(std::move(shared_network)),
      socket(end) {}

  ~sim_stream_state() override {
    network->close(socket, now());
  }

  sim_stream_actor::behavior_type make_behavior() {
    network->set_owner(socket, this);
    self->set_down_handler([this](caf::down_msg& msg) {
      // Urgent messages overtake bytes that still have to be written.
      self->send(self, closed_atom_v, std::move(msg.reason));
    });
    return {
        [this](attach_atom) {
          auto who = caf::actor_cast<caf::actor>(self->current_sender());
          owner = who.address();
          self->monitor(who);
        },
        [this](send_atom, raw_bytes& data) {
          pending.push_back(std::move(data));
          if (pending.size() == 1)
            write();
        },
        [this](credit_atom, size_t reads) {
          credit += reads;
          on_readable();
        },
        [this](closed_atom, caf::error& reason) {
          self->quit(std::move(reason));
        },
    };
  }

  // -- reading ----------------------------------------------------------------

  void on_readable() override {
    while (credit > 0 && !ended) {
      auto result = network->read(socket, read_size_max, now());
      if (result.ended.code != errc::none) {
        end(result.ended);
        return;
      }
      if (result.data.empty())
        return;
      --credit;
      if (auto to = lock_owner())
        caf::anon_send(to, received_atom_v,
                       raw_bytes(result.data.begin(), result.data.end()));
    }
    // A failure shows without a read, unlike an orderly end.
    if (network->readable(socket) == 0)
      end_if_failed();
  }

  // -- writing ----------------------------------------------------------------

  void on_writable() override {
    write();
  }

  void write() {
    size_t done = 0;
    while (!pending.empty() && !ended) {
      const auto& front = pending.front();
      auto rest = byte_view{front}.subspan(offset);
      const auto count = network->write(socket, rest, now());
      if (count < rest.size()) {
        offset += count;
        acknowledge(done);
        end_if_failed();
        return;
      }
      done += front.size();
      offset = 0;
      pending.pop_front();
    }
    acknowledge(done);
  }

  void acknowledge(size_t count) {
    if (count == 0)
      return;
    if (auto to = lock_owner())
      caf::anon_send(to, written_atom_v, count);
  }

  // -- both -------------------------------------------------------------------

  void on_cargo(sim_cargo) override {
    end({errc::malformed_packet, "the remote is in message mode"});
  }

  void end_if_failed() {
    if (auto why = network->failed(socket); why.code != errc::none)
      end(why);
  }

  /// Often called by the network, outside of any message: the actor has to get
  /// one to notice that it is done.
  void end(const failure& why) {
    if (std::exchange(ended, true))
      return;
    pending.clear();
    caf::anon_send(sim_stream_actor{self}, closed_atom_v, to_error(why));
  }

  byte_stream_owner lock_owner() const {
    return caf::actor_cast<byte_stream_owner>(owner);
  }

  time_point now() const {
    return self->system().clock().now();
  }

  sim_stream_actor::pointer self;
  std::shared_ptr<sim_network> network;
  sim_socket socket;
  caf::actor_addr owner; // Weak: the owner holds us.
  size_t credit = 0;
  std::deque<raw_bytes> pending;
  size_t offset = 0; // Bytes of the first buffer that are written.
  bool ended = false;
};

} // namespace

byte_stream_actor spawn_sim_stream(caf::actor_system& sys,
                                   std::shared_ptr<sim_network> network,
                                   sim_socket socket) {
  return spawn_state<sim_stream_state, sim_stream_actor>(
      sys, std::move(network), socket);
}

} // namespace troupe::testing
