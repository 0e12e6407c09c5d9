// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_wire.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include <caf/action.hpp>
#include <caf/actor_clock.hpp>
#include <caf/disposable.hpp>

#include "troupe/tests/harness/fnv_hash.hpp"

namespace troupe::testing {

namespace {

/// What a parcel counts for on a link, and what stands for it in a trace.
struct parcel_summary {
  size_t size = 0;
  fnv_hash hash;

  void operator()(const memory_greeting& x) {
    const auto info = encode(x.info);
    size = info.size() + 20;
    hash.add(to_string(x.id)).add(info);
  }

  void operator()(const inbound_batch& xs) {
    for (const auto& x : xs) {
      // Sizes and channels keep what is not the same apart.
      hash.add(uint64_t{x.channel}).add(uint64_t{x.body.size()}).add(x.body);
      size += x.body.size() + 8;
    }
  }

  void operator()(const memory_credit& x) {
    size = 8;
    hash.add(uint64_t{x.cost});
  }
};

class sim_wire final : public memory_wire, public sim_socket_owner {
public:
  sim_wire(caf::actor_system& sys, std::shared_ptr<sim_network> network,
           sim_socket socket)
    : sys_(sys),
      network_(std::move(network)),
      socket_(socket) {}

  sim_wire(const sim_wire&) = delete;

  sim_wire& operator=(const sim_wire&) = delete;

  ~sim_wire() override {
    if (keepalive_)
      keepalive_.dispose();
    network_->close(socket_, now());
  }

  void attach(const caf::actor_addr& connection) override {
    connection_ = connection;
    network_->set_owner(socket_, this);
    // It may have ended before we came.
    on_readable();
    keep_alive();
  }

  void send(memory_parcel what) override {
    parcel_summary summary;
    std::visit(summary, what);
    network_->post(socket_,
                   {.content = std::move(what),
                    .size = summary.size,
                    .hash = summary.hash.value()},
                   now());
  }

  void on_cargo(sim_cargo cargo) override {
    if (auto parcel = std::any_cast<memory_parcel>(&cargo.content))
      deliver(connection_, std::move(*parcel));
  }

  void on_readable() override {
    if (ended_)
      return;
    auto result = network_->read(socket_, read_max, now());
    // Bytes come from somebody who is not in message mode.
    if (!result.data.empty())
      result.ended = {errc::malformed_packet, "the remote sent bytes"};
    if (result.ended.code == errc::none)
      return;
    ended_ = true;
    deliver_end(connection_, result.ended);
  }

  void on_writable() override {
    // Parcels are not cut.
  }

private:
  static constexpr size_t read_max = 1024;

  /// A connection whose other end is gone without a word says so only to those
  /// who send. Packets have keepalive for this; parcels have a credit of
  /// nothing.
  static constexpr duration keepalive_interval = std::chrono::seconds{30};

  void keep_alive() {
    keepalive_ = sys_.clock().schedule(now() + keepalive_interval,
                                       caf::make_action([this] {
                                         if (ended_)
                                           return;
                                         send(memory_credit{0});
                                         keep_alive();
                                       }));
  }

  [[nodiscard]] time_point now() const {
    return sys_.clock().now();
  }

  caf::actor_system& sys_;
  std::shared_ptr<sim_network> network_;
  sim_socket socket_;
  caf::actor_addr connection_; // Weak: the connection owns us.
  bool ended_ = false;
  caf::disposable keepalive_;
};

} // namespace

std::unique_ptr<memory_wire> make_sim_wire(caf::actor_system& sys,
                                           std::shared_ptr<sim_network> network,
                                           sim_socket socket) {
  return std::make_unique<sim_wire>(sys, std::move(network), socket);
}

} // namespace troupe::testing
