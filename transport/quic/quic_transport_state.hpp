// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/behavior.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/transport/alarm.hpp"
#include "troupe/transport/quic/datagram_network.hpp"
#include "troupe/transport/quic/quic_backlog.hpp"
#include "troupe/transport/quic/quic_connection_actor.hpp"
#include "troupe/transport/quic/quic_door.hpp"
#include "troupe/transport/quic/quic_line.hpp"
#include "troupe/transport/tcp/pending_dials.hpp"

namespace troupe {

/// The state of the `transport_actor` of QUIC, a broker's, and in simulations
/// an ordinary actor's: it owns all UDP sockets of the transport, moves
/// datagrams between them and the lines of connections, and answers strangers.
/// What datagrams say is for the connection actors.
///
/// There is a socket for each place that it listens at, which all connections
/// share that were accepted there, and one for each connection that was dialed:
/// only so the system tells when nobody listens at the other end.
class quic_transport_state {
public:
  explicit quic_transport_state(caf::scheduled_actor* self) : self_(self) {}

  /// @param identify makes what is presented, once that is needed.
  caf::behavior start(std::unique_ptr<datagram_network> network,
                      quic_shared shared, quic_credentials_maker identify);

private:
  using connection_promise = caf::typed_response_promise<caf::actor>;

  /// Looks at a socket without giving others their turn.
  static constexpr size_t looks_a_turn = 4;

  /// Bytes of datagrams after which connections are told of those: far fewer
  /// than a line holds, so that there is room for what comes meanwhile.
  static constexpr size_t delivered_at_once = size_t{64} * 1024;

  /// Datagrams that the network has not taken.
  struct unsent {
    uint64_t connection;
    udp_route route;
    datagram_batch batch;
    size_t offset = 0;
  };

  struct socket {
    std::unique_ptr<datagram_socket> end;
    endpoint where;
    bool listens = false;
    uint64_t dialed = 0; // Otherwise: the number of its connection.
    size_t users = 0;    // Connections, also those that were left.
    std::deque<unsent> waiting = {};
  };

  struct link {
    uint64_t socket;
    caf::actor_addr connection = {}; // Weak: it holds us.
    std::shared_ptr<quic_line> line;
    udp_route route = {};
    uint64_t dial = 0; // Its attempt, 0 if none is pending.
    bool ended = false;
  };

  /// An attempt to connect, and who asked for it.
  struct attempt {
    endpoint where;
    connection_promise promise;
    connection_actor connection;
  };

  failure present();
  caf::result<endpoint> listen(const endpoint& where);
  caf::result<caf::actor> accept();
  caf::result<caf::actor> connect(const endpoint& where, caf::timespan limit);
  [[nodiscard]] std::vector<endpoint> endpoints() const;
  [[nodiscard]] endpoint home_of(const connection_ends& ends) const;
  void close();

  datagram_socket::callback callback_of(uint64_t socket);
  void add_socket(uint64_t number, std::unique_ptr<datagram_socket> end,
                  endpoint where, bool listens);
  void release(uint64_t socket);
  void ready(uint64_t socket, readiness what);
  void read(uint64_t socket);
  void arrived(uint64_t socket, byte_view datagram, const udp_arrival& how);
  void serve();
  void open(uint64_t socket, const quic_door::verdict& what, byte_view datagram,
            const udp_arrival& how);
  connection_actor spawn(uint64_t number, link made,
                         const connection_ends& ends,
                         std::optional<quic_arrival> arrival);
  void deliver(uint64_t number, byte_view datagram);
  void wake_up();

  void take(uint64_t number);
  void write(uint64_t number, const link& from, datagram_batch batch);
  void write_on(uint64_t socket);
  void wrote(uint64_t number, size_t size);

  void dialed(uint64_t number);
  void refused(uint64_t socket);
  void down(const caf::down_msg& msg);
  void send_the_last();
  void expire();
  void set_alarm();

  [[nodiscard]] time_point now() const;

  caf::scheduled_actor* self_;
  std::unique_ptr<datagram_network> network_; // Outlives its sockets.
  quic_shared shared_;
  quic_credentials_maker identify_;
  std::optional<quic_door> door_;

  bool closed_ = false;
  bool listened_ = false;
  std::deque<connection_promise> waiting_;
  std::optional<quic_backlog> backlog_;

  std::map<uint64_t, link> links_; // By the door's numbers.
  std::map<caf::actor_addr, uint64_t> numbers_;
  std::vector<uint64_t> sleepers_; // They have datagrams on their lines.
  pending_dials<attempt> dials_;

  /// Connections that the door still says goodbye for, the oldest first, and
  /// their sockets.
  std::deque<std::pair<uint64_t, uint64_t>> left_;
  alarm wakeup_;

  /// Their callbacks use the rest.
  std::map<uint64_t, socket> sockets_;
  uint64_t last_socket_ = 0;
};

} // namespace troupe
