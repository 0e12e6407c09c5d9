// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_connection.hpp"
#include "troupe/tests/harness/sim_datagram.hpp"
#include "troupe/tests/harness/sim_dns.hpp"
#include "troupe/tests/harness/sim_event.hpp"
#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/tests/harness/sim_socket.hpp"
#include "troupe/tests/harness/sim_topology.hpp"
#include "troupe/transport/tcp/socket_io.hpp"

namespace troupe::testing {

/// Options of a simulated network.
struct sim_network_options {
  /// What links are like unless they have options of their own.
  sim_link_options link;

  /// Connections that wait to be accepted, for each listener. Requests beyond
  /// get lost.
  size_t backlog_max = 128;

  /// Whether somebody answers for a host that is off and refuses connections
  /// to it; otherwise dialers hear nothing.
  bool refuse_when_down = true;

  /// After this long without an answer, a dialer's kernel gives up.
  duration dial_give_up = std::chrono::seconds{127};
};

/// A network of hosts that exchange byte streams and datagrams, with all its
/// faults: a function of its seed, its inputs and their times. Plain and
/// synchronous; time is an argument, and `next_event` says when `run` has
/// something to do.
///
///     sim_network network{seed};
///     auto a = network.add_host("a");
///     auto b = network.add_host("b");
///     network.isolate({a}, now);      // a hears of nobody any more
///     network.heal(now + 30s);
///
/// A lost packet of a stream is sent again, as TCP does it: a partition that
/// heals in time costs its connections nothing but time. Datagrams are lost,
/// late, doubled and garbled as their link is.
///
/// Not thread-safe, and meant to be shared: a simulation runs in one thread,
/// where a lock would only hide who comes first.
class sim_network {
public:
  using host_set = sim_topology::host_set;
  using wall_id = sim_topology::wall_id;

  /// An attempt to connect.
  enum class dial_id : uint64_t {};

  using dial_handler = std::function<void(result<sim_socket>)>;
  /// A question to the name service.
  enum class lookup_id : uint64_t {};

  using lookup_handler = std::function<void(result<std::vector<ip_address>>)>;

  explicit sim_network(uint64_t seed, const sim_network_options& options = {});

  /// Draws from a generator of a run.
  explicit sim_network(sim_random random,
                       const sim_network_options& options = {});

  sim_network(const sim_network&) = delete;

  sim_network& operator=(const sim_network&) = delete;

  /// Learns what happens from now on. Has to outlive the network, or be
  /// replaced by null.
  void set_observer(sim_observer* observer) {
    observer_ = observer;
  }

  /// Called whenever `next_event` may have become earlier, outside of `run`.
  void set_waker(std::function<void()> waker) {
    waker_ = std::move(waker);
  }

  // -- time -------------------------------------------------------------------

  /// Does everything that is due until `now`, in the order of its time.
  void run(time_point now);

  /// When `run` has something to do next.
  [[nodiscard]] std::optional<time_point> next_event() const;

  // -- hosts and links --------------------------------------------------------

  /// Adds a host that is up; its name resolves to its address.
  sim_host add_host(std::string name);

  /// Who there is. Links are changed through the network.
  [[nodiscard]] const sim_topology& topology() const {
    return topology_;
  }

  void set_default_link(const sim_link_options& options);

  /// Changes the link one way. Buffers of open connections follow.
  void set_link(sim_host from, sim_host to, const sim_link_options& options);

  /// Names that resolve to something else than the host of that name.
  sim_dns& dns() {
    return dns_;
  }

  // -- faults -----------------------------------------------------------------

  /// Loses all packets from one of `from` to one of `to`.
  wall_id block(const host_set& from, const host_set& to, time_point now);

  /// Blocks both ways between the two groups.
  std::pair<wall_id, wall_id> partition(const host_set& a, const host_set& b,
                                        time_point now);

  /// Blocks both ways between `hosts` and all others.
  std::pair<wall_id, wall_id> isolate(const host_set& hosts, time_point now);

  /// Takes one wall away, or all.
  void heal(wall_id wall, time_point now);
  void heal(time_point now);

  /// Nothing arrives from `from` at `to` for `span`, and then all of it.
  void stall(sim_host from, sim_host to, duration span, time_point now);

  /// Aborts a connection at both ends; what is in flight is lost.
  void reset(uint64_t connection, time_point now);

  /// Likewise with all connections between two hosts, and tells all ports of
  /// one for a remote on the other that nobody is there, which for datagrams is
  /// no more than a rumour. @returns how many.
  size_t reset_all(sim_host a, sim_host b, time_point now);

  /// Loses all packets of the connections between two hosts from now on, as
  /// when a router on the way has forgotten them: neither end hears of the
  /// other again, and new connections are not concerned. So it is with
  /// datagrams from ports of one of them for a remote on the other, and back.
  /// @returns how many.
  size_t forget_all(sim_host a, sim_host b, time_point now);

  /// Switches a host off, without a word to anybody. Its sockets end with
  /// `shutting_down`, its listeners and dials without notice: whoever holds
  /// them is meant to die in the same instant.
  void crash(sim_host host, time_point now);

  /// Switches a host on. It knows nothing of its old connections, and answers
  /// what still arrives for them with a reset.
  void restart(sim_host host, time_point now);

  [[nodiscard]] bool is_up(sim_host host) const;

  /// Numbers of the connections between two hosts, the oldest first.
  [[nodiscard]] std::vector<uint64_t> connections(sim_host a, sim_host b) const;

  /// Connections that are open, or closing.
  [[nodiscard]] size_t connections() const {
    return connections_.size();
  }

  // -- listening and dialing --------------------------------------------------

  /// Listens; port 0 takes a free one. `notify` is called when there may be
  /// something to accept. Fails with `cannot_listen`.
  /// @param ip one of the addresses of the host, if not its IPv4 address.
  result<sim_listener> listen(sim_host host, uint16_t port,
                              std::function<void()> notify,
                              const std::optional<ip_address>& ip = {});

  /// @returns the oldest connection that waits, if any.
  std::optional<sim_socket> accept(const sim_listener& where);

  /// Refuses connections from now on, and resets those that wait.
  void close_listener(const sim_listener& where, time_point now);

  /// Requests a connection. The handler learns of the outcome, unless the dial
  /// is cancelled: a socket, or `connection_refused`.
  dial_id dial(sim_host from, const sim_address& to, time_point now,
               dial_handler handler);

  void cancel(dial_id dial);

  // -- sockets ----------------------------------------------------------------

  /// Sets who is told; null for nobody.
  void set_owner(sim_socket socket, sim_socket_owner* owner);

  [[nodiscard]] sim_address local_address(sim_socket socket) const;
  [[nodiscard]] sim_address remote_address(sim_socket socket) const;

  /// Why the connection ended early, or `none`.
  [[nodiscard]] failure failed(sim_socket socket) const;

  /// Bytes that have arrived and wait to be read.
  [[nodiscard]] size_t readable(sim_socket socket) const;

  /// Says whether the remote has hung up, whatever is left to read.
  [[nodiscard]] hangup hung_up(sim_socket socket) const;

  /// @returns how many bytes were taken. If less than all, `on_writable`
  ///          follows, unless the connection ends.
  size_t write(sim_socket socket, byte_view data, time_point now);

  /// Sends something as a whole. Not together with `write`.
  void post(sim_socket socket, sim_cargo cargo, time_point now);

  /// Takes at most `count` bytes that have arrived.
  sim_read_result read(sim_socket socket, size_t count, time_point now);

  /// Ends the outgoing direction behind all that was written.
  void finish(sim_socket socket, time_point now);

  /// Drops what is not on its way yet, and aborts the connection behind what
  /// is. The socket has to be closed nevertheless.
  void abort(sim_socket socket, time_point now);

  /// Lets go of the socket: ends the outgoing direction as `finish` does, and
  /// answers what still arrives with a reset.
  void close(sim_socket socket, time_point now);

  // -- datagrams --------------------------------------------------------------

  /// Opens a port that takes datagrams of everybody; 0 takes a free one. Fails
  /// with `cannot_listen`.
  /// @param owner has to outlive the port.
  /// @param ip as in `listen`.
  result<sim_port> open_port(sim_host host, uint16_t port,
                             sim_port_owner* owner,
                             const std::optional<ip_address>& ip = {});

  /// Opens a port that takes datagrams of one remote only, and hears when
  /// nobody takes them there.
  sim_port dial_port(sim_host host, const sim_address& to, time_point now,
                     sim_port_owner* owner);

  /// Closes a port. Does nothing if its host was switched off.
  void close(sim_port port);

  /// Sends a datagram. @returns whether it was taken. If not, `on_writable`
  /// follows.
  bool send(sim_port from, const sim_address& to, byte_view data,
            time_point now);

  /// Where a port is; it is none any more when its host was switched off.
  [[nodiscard]] std::optional<sim_address> address_of(sim_port port) const;

  /// Ports that are open, and those of them that are for one remote.
  [[nodiscard]] size_t ports() const {
    return ports_.size();
  }
  [[nodiscard]] size_t dialed_ports() const;

  // -- names ------------------------------------------------------------------

  /// Looks up a name. The handler is called once, unless `from` crashes or the
  /// question is cancelled.
  lookup_id resolve(sim_host from, const std::string& name, time_point now,
                    lookup_handler handler);

  void cancel(lookup_id lookup);

  /// Attempts to connect and questions to the name service that wait for an
  /// answer.
  [[nodiscard]] size_t unanswered() const {
    return dials_.size() + lookups_.size();
  }

  /// Names the node that lives at a host, for addresses that name nodes.
  void set_node(sim_host host, std::string id);

  [[nodiscard]] std::optional<sim_host> host_of(const std::string& id) const;

  /// Empty if no node lives there.
  [[nodiscard]] std::string node_at(sim_host host) const;

private:
  using event = std::function<void(time_point)>;
  using event_queue = std::multimap<time_point, event>;

  struct listener {
    uint64_t number;
    sim_host host;
    std::function<void()> notify;
    std::deque<sim_socket> waiting;
  };

  struct attempt {
    sim_host from;
    sim_address source;
    sim_address to;
    dial_handler handler;
    time_point deadline;
    event_queue::iterator retry;
    size_t tries = 0;
  };

  struct port {
    sim_host host;
    sim_address address;
    std::optional<sim_address> remote;
    sim_port_owner* owner;
    bool busy = false;
    bool forgotten = false; // Nothing gets through any more.
  };

  struct lookup {
    sim_host from;
    lookup_handler handler;
    event_queue::iterator answer;
  };

  // -- time -------------------------------------------------------------------
  event_queue::iterator at(time_point when, event what);
  void travel(sim_host from, sim_host to, time_point now, event arrived,
              event lost);
  void land(sim_host from, sim_host to, time_point now, const event& arrived,
            const event& lost);
  void wake();
  void note(time_point when, sim_event::kind what, sim_host from, sim_host to,
            uint64_t subject = 0, size_t size = 0, uint64_t hash = 0);

  // -- faults -----------------------------------------------------------------
  void refresh();
  void resume(const std::set<sim_topology::way>& healed, time_point now);

  // -- dialing ----------------------------------------------------------------
  attempt* find(dial_id id);
  void knock(dial_id id, time_point now);
  void knocked(dial_id id, sim_host at, time_point now);
  void answer(dial_id id, sim_host from, bool refused, time_point now);
  void connected(dial_id id, sim_host to, time_point now);
  void fail_dial(dial_id id, std::string why);
  uint16_t free_port(sim_host host);

  // -- datagrams --------------------------------------------------------------
  port* find(sim_port id);
  port* find_port(const sim_address& where);
  std::vector<sim_port> dialed_between(sim_host a, sim_host b) const;
  bool is_forgotten(const sim_address& from, const sim_address& to);
  void fly(sim_port id, const sim_address& to, bytes data, time_point now);
  void arrive(sim_port id, const sim_address& from, sim_host source,
              const sim_address& to, bytes data, time_point now);
  void refuse(sim_port id, sim_host from, sim_host to, time_point now);
  void garble(bytes& data);

  // -- connections ------------------------------------------------------------
  sim_connection* find(uint64_t id);
  [[nodiscard]] const sim_connection* find(uint64_t id) const;
  void run_connection(uint64_t id, time_point now);
  void handle(uint64_t id, sim_connection::progress what, time_point now);
  void opened(uint64_t id, time_point now);
  void turn_away(uint64_t id, time_point now);
  void fail(uint64_t id, bool dialer, failure why);
  void update(uint64_t id);

  sim_network_options options_;
  sim_random random_;
  sim_observer* observer_ = nullptr;
  std::function<void()> waker_;
  bool running_ = false;

  sim_topology topology_;
  std::set<sim_host> down_;
  sim_dns dns_;
  std::map<sim_host, std::string> nodes_;
  std::map<std::string, sim_host> hosts_of_nodes_;

  event_queue events_; // Equal times in the order of adding.
  std::map<sim_address, listener> listeners_;
  uint64_t next_listener_ = 0;
  std::map<dial_id, attempt> dials_;
  uint64_t next_dial_ = 0;
  std::map<lookup_id, lookup> lookups_;
  uint64_t next_lookup_ = 0;
  std::map<sim_host, uint16_t> next_port_;
  std::map<sim_port, port> ports_;
  std::map<sim_address, sim_port> ports_by_address_;
  uint64_t next_datagram_port_ = 0;
  std::map<uint64_t, sim_connection> connections_;
  uint64_t next_connection_ = 0;
  std::set<std::pair<time_point, uint64_t>> due_; // Of connections.
};

} // namespace troupe::testing
