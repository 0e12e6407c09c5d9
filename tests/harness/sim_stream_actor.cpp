// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_stream_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/transport/tcp/byte_stream_state.hpp"

namespace troupe::testing {

namespace {

class sim_outlet final : public stream_outlet {
public:
  size_t write(byte_view data) override {
    return socket_ == nullptr ? 0 : socket_->write(data).count;
  }

  void open(stream_socket* socket) {
    socket_ = socket;
  }

  void close() {
    socket_ = nullptr;
  }

private:
  stream_socket* socket_ = nullptr;
};

class sim_stream_socket final : public stream_socket, public sim_socket_owner {
public:
  sim_stream_socket(caf::actor_system& sys,
                    std::shared_ptr<sim_network> network, sim_socket socket,
                    std::shared_ptr<sim_outlet> outlet)
    : sys_(sys),
      network_(std::move(network)),
      socket_(socket),
      outlet_(std::move(outlet)) {
    network_->set_owner(socket_, this);
    outlet_->open(this);
  }

  ~sim_stream_socket() override {
    outlet_->close();
    network_->close(socket_, now());
  }

  void set_callback(callback ready) {
    ready_ = std::move(ready);
  }

  void watch(readiness what) override {
    watched(what) = true;
    if (what == readiness::read)
      on_readable();
  }

  void ignore(readiness what) override {
    watched(what) = false;
  }

  io_result read(byte_span out) override {
    if (confused_)
      return {0, {errc::malformed_packet, "the remote is in message mode"}};
    auto found = network_->read(socket_, out.size(), now());
    std::copy(found.data.begin(), found.data.end(), out.begin());
    return {found.data.size(), std::move(found.ended)};
  }

  io_result write(byte_view data) override {
    const auto count = network_->write(socket_, data, now());
    if (count == data.size())
      return {count, {}};
    return {count, network_->failed(socket_)};
  }

  void finish() override {
    network_->finish(socket_, now());
  }

  void abandon() override {
    network_->abort(socket_, now());
  }

  [[nodiscard]] hangup hung_up() const override {
    return confused_ ? hangup::full : network_->hung_up(socket_);
  }

  // -- what the network tells -------------------------------------------------

  void on_readable() override {
    while (reading_ && is_readable())
      ready_(readiness::read);
  }

  void on_writable() override {
    if (writing_)
      ready_(readiness::write);
  }

  void on_cargo(sim_cargo) override {
    confused_ = true;
    on_readable();
  }

private:
  bool& watched(readiness what) {
    return what == readiness::read ? reading_ : writing_;
  }

  [[nodiscard]] bool is_readable() const {
    return network_->readable(socket_) > 0 || hung_up() != hangup::none;
  }

  [[nodiscard]] time_point now() const {
    return sys_.clock().now();
  }

  caf::actor_system& sys_;
  std::shared_ptr<sim_network> network_;
  sim_socket socket_;
  std::shared_ptr<sim_outlet> outlet_;
  callback ready_;
  bool reading_ = false;
  bool writing_ = false;
  bool confused_ = false; // Something arrived that is no bytes.
};

struct sim_stream_state : byte_stream_state {
  static inline const char* name = "troupe.sim-stream";

  sim_stream_state(caf::event_based_actor* self,
                   std::shared_ptr<sim_network> network, sim_socket end,
                   std::shared_ptr<sim_outlet> outlet)
    : byte_stream_state(self),
      socket(std::make_unique<sim_stream_socket>(
          self->system(), std::move(network), end, std::move(outlet))) {}

  caf::behavior make_behavior() {
    auto make = [this](stream_socket::callback ready) {
      socket->set_callback(std::move(ready));
      return std::move(socket);
    };
    return start(make, write_stall_max);
  }

  /// Until it begins: it may end before that.
  std::unique_ptr<sim_stream_socket> socket;
};

} // namespace

byte_stream spawn_sim_stream(caf::actor_system& sys,
                             std::shared_ptr<sim_network> network,
                             sim_socket socket) {
  auto outlet = std::make_shared<sim_outlet>();
  auto stream = sys.spawn<caf::stateful_actor<sim_stream_state>>(
      std::move(network), socket, outlet);
  return {caf::actor_cast<byte_stream_actor>(stream), std::move(outlet)};
}

} // namespace troupe::testing
