// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_datagram_network.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_system.hpp>

#include "troupe/tests/harness/in_own_time.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::testing {

namespace {

/// What sockets of a host share.
struct surroundings {
  caf::scheduled_actor* self;
  std::shared_ptr<sim_network> network;
  sim_host own;

  [[nodiscard]] time_point now() const {
    return self->system().clock().now();
  }

  /// Of the same family.
  [[nodiscard]] ip_address own_ip(const ip_address& like) const {
    const auto& hosts = network->topology();
    return like.is_v4() ? hosts.ip_of(own) : hosts.ip6_of(own);
  }
};

udp_place place_at(const sim_address& where) {
  return {where.ip, where.port};
}

class sim_datagram_socket final : public datagram_socket,
                                  public sim_port_owner {
public:
  sim_datagram_socket(const surroundings& world, callback ready)
    : world_(world),
      ready_(std::move(ready)) {}

  ~sim_datagram_socket() override {
    if (port_)
      world_.network->close(*port_);
  }

  /// Takes datagrams of everybody.
  failure listen(const endpoint& where) {
    auto found = world_.network->open_port(world_.own, where.port, this,
                                           world_.own_ip(*where.ip));
    if (!found)
      return found.error();
    opened(*found);
    return {};
  }

  /// Takes those of one remote.
  void dial(const sim_address& to) {
    remote_ = to;
    opened(world_.network->dial_port(world_.own, to, world_.now(), this));
  }

  [[nodiscard]] udp_place local() const override {
    return place_at(local_);
  }

  [[nodiscard]] udp_place remote() const override {
    return place_at(remote_);
  }

  void watch(readiness what) override {
    watched(what) = true;
    tell(what);
  }

  void ignore(readiness what) override {
    watched(what) = false;
  }

  udp_receiver::outcome receive() override {
    if (std::exchange(refused_, false))
      return {{}, true};
    size_t count = 0;
    for (; count < udp_receiver::batch_max && !waiting_.empty(); ++count) {
      auto& [from, data] = waiting_.front();
      waiting_bytes_ -= data.size();
      held_[count] = std::move(data);
      arrivals_[count] = {held_[count], held_[count].size(), from, local_.ip};
      waiting_.pop_front();
    }
    return {std::span{arrivals_}.first(count), false};
  }

  udp_sender::outcome send(const udp_route& route, byte_view data,
                           size_t segment) override {
    const auto to
        = route.to ? sim_address{route.to->ip, route.to->port} : remote_;
    udp_sender::outcome result;
    // As sockets do, it tells whoever comes first.
    result.refused = std::exchange(refused_, false);
    while (result.done < data.size()) {
      const auto next = data.subspan(
          result.done, std::min(segment, data.size() - result.done));
      busy_ = !world_.network->send(*port_, to, next, world_.now());
      if (busy_) {
        result.busy = true;
        break;
      }
      result.done += next.size();
    }
    return result;
  }

  // -- what the network tells -------------------------------------------------

  void on_datagram(const sim_address& from, bytes data) override {
    // The system has no room for more, and nobody hears of that.
    if (waiting_bytes_ + data.size() > waiting_max)
      return;
    waiting_bytes_ += data.size();
    waiting_.emplace_back(place_at(from), std::move(data));
    tell(readiness::read);
  }

  void on_refused() override {
    refused_ = true;
    tell(readiness::read);
  }

  void on_writable() override {
    busy_ = false;
    tell(readiness::write);
  }

private:
  /// Most bytes that wait to be read.
  static constexpr size_t waiting_max = size_t{256} * 1024;

  void opened(sim_port port) {
    port_ = port;
    local_ = world_.network->address_of(port).value_or(
        sim_address{world_.own_ip(remote_.ip), 0});
  }

  bool& watched(readiness what) {
    return what == readiness::read ? reading_ : writing_;
  }

  [[nodiscard]] bool is_due(readiness what) const {
    if (what == readiness::write)
      return writing_ && !busy_;
    return reading_ && (refused_ || !waiting_.empty());
  }

  /// Calls back as long as the socket is ready, one turn at a time.
  void tell(readiness what) {
    auto& told = what == readiness::read ? told_read_ : told_write_;
    if (told || !is_due(what))
      return;
    told = true;
    in_own_time(world_.self, here_, [this, what, &told] {
      told = false;
      if (!is_due(what))
        return;
      const auto alive = std::weak_ptr<void>{here_};
      // This may go away with it.
      const auto ready = ready_;
      ready(what);
      if (!alive.expired())
        tell(what);
    });
  }

  const surroundings& world_;
  callback ready_;
  std::optional<sim_port> port_;
  sim_address local_;
  sim_address remote_;

  std::deque<std::pair<udp_place, bytes>> waiting_;
  size_t waiting_bytes_ = 0;
  std::array<bytes, udp_receiver::batch_max> held_;
  std::array<udp_arrival, udp_receiver::batch_max> arrivals_;

  bool refused_ = false;
  bool busy_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool told_read_ = false;
  bool told_write_ = false;
  std::shared_ptr<void> here_ = std::make_shared<char>();
};

class sim_datagram_network final : public datagram_network {
public:
  explicit sim_datagram_network(surroundings world)
    : world_(std::move(world)) {}

  result<std::unique_ptr<datagram_socket>>
  listen(const endpoint& where, datagram_socket::callback ready) override {
    if (auto bad = validate_quic_listen(where); bad.code != errc::none)
      return bad;
    if (!where.ip->is_unspecified() && where.ip != world_.own_ip(*where.ip))
      return {errc::cannot_listen,
              fmt::format("cannot listen at {}: the host is {}",
                          to_string(where),
                          to_string(world_.own_ip(*where.ip)))};
    auto made = std::make_unique<sim_datagram_socket>(world_, std::move(ready));
    if (auto bad = made->listen(where); bad.code != errc::none)
      return bad;
    return std::unique_ptr<datagram_socket>{std::move(made)};
  }

  result<std::unique_ptr<datagram_socket>>
  connect(const endpoint& where, datagram_socket::callback ready) override {
    if (auto bad = validate_quic_dial(where); bad.code != errc::none)
      return bad;
    auto made = std::make_unique<sim_datagram_socket>(world_, std::move(ready));
    made->dial({*where.ip, where.port != 0 ? where.port : default_port});
    return std::unique_ptr<datagram_socket>{std::move(made)};
  }

private:
  surroundings world_;
};

} // namespace

std::unique_ptr<datagram_network>
make_sim_datagram_network(caf::scheduled_actor* owner,
                          std::shared_ptr<sim_network> network, sim_host host) {
  return std::make_unique<sim_datagram_network>(
      surroundings{owner, std::move(network), host});
}

} // namespace troupe::testing
