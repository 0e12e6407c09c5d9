// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/tests/harness/peer_view.hpp"
#include "troupe/tests/harness/regions.hpp"
#include "troupe/tests/harness/sim_dns.hpp"
#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_network.hpp"
#include "troupe/tests/harness/sim_store.hpp"
#include "troupe/tests/harness/sim_system.hpp"
#include "troupe/tests/harness/topology.hpp"

namespace troupe::testing {

class message_tap;
class network;
class run_record;

/// How much of a connection is real.
enum class fidelity : uint8_t {
  /// Messages travel as they are: fast, for networks of thousands.
  messages,
  /// The real handshake, cipher and packets, over simulated byte streams.
  mconn,
  /// QUIC over simulated datagrams, all of it but TLS, whose place is taken by
  /// something of the seed. Not in builds without QUIC: see `has_sim_quic`.
  quic,
};

/// As it is called in addresses, and on command lines: `mconn`.
std::string to_string(fidelity how);

/// Options of a network.
struct network_options {
  fidelity how = fidelity::mconn;

  /// Links, backlogs and the like.
  sim_network_options wires = {};

  /// The disks that nodes remember their peers on.
  sim_store_options disks = {};

  /// The clocks of nodes differ by up to this much, either way.
  duration clock_skew_max = std::chrono::minutes{5};

  /// How many channels the reactors of a node open. A node dials and listens
  /// once they are open.
  size_t channels = 1;
};

/// Something to be done to a network at some time, and how a trace calls it.
struct fault {
  std::string name;
  std::function<void(network&)> apply;

  /// The same as an expression of C++, if there is one: for tests that are made
  /// of what was drawn.
  std::string code = {};

  /// Numbers of the nodes that it names.
  std::vector<size_t> nodes = {};
};

/// A network of real nodes in one thread and in virtual time, a function of its
/// seed: real routers, peer managers, channels and connections, on simulated
/// hosts.
///
///     network net{seed};
///     net.add_nodes(5);
///     net.connect(ring(5));
///     net.add_reactor([](auto& sys, const node& home, size_t) {
///       sys.spawn(my_reactor, home);
///     });
///     net.start();
///     net.at(5s, partition({0, 1}, {2, 3, 4}));
///     net.at(9s, heal());
///     REQUIRE(net.run_until([&] { return net.meshed(); }, 60s));
///     net.finish();
///
/// Everything that is wrong comes as a `sim_failure`, from whatever function
/// lets time pass.
class network {
public:
  using configurator = std::function<void(size_t number, node_options&)>;

  /// Spawns what runs beside a node, each time the node starts.
  using reactor_factory
      = std::function<void(caf::actor_system&, const node&, size_t number)>;

  /// @param run mostly a seed: `network net{17}`.
  explicit network(const sim_run& run, network_options options = {});

  network(const network&) = delete;

  network& operator=(const network&) = delete;

  ~network();

  // -- building ---------------------------------------------------------------

  /// Adds nodes, which do not run yet. `change` may set any of their options
  /// but the place where they listen and the seams.
  network& add_nodes(size_t count, const configurator& change = {});

  /// Makes those who are connected with a node after this know it by the name
  /// of its host, `node-3`, which they have to look up, instead of its IP
  /// address.
  network& know_by_name(size_t number);

  /// Makes pairs of nodes know each other, as persistent peers.
  network& connect(const edge_list& edges);

  /// Makes every node run this from its next start on.
  network& add_reactor(reactor_factory factory);

  // -- nodes ------------------------------------------------------------------

  [[nodiscard]] size_t size() const {
    return nodes_.size();
  }

  /// Starts a node, or all that do not run. One that is about to stop starts
  /// again when it has.
  void start(size_t number);
  void start();

  /// Stops a node in an orderly way. Takes its time: see `is_running`.
  void stop(size_t number);

  /// Ends a node at this instant, as a power failure would.
  void crash(size_t number);

  [[nodiscard]] bool is_running(size_t number) const;

  /// How often the node was started.
  [[nodiscard]] uint64_t life(size_t number) const;

  /// The running node. @pre `is_running`.
  [[nodiscard]] const node& operator[](size_t number) const;

  [[nodiscard]] node_id id(size_t number) const;

  /// Where other nodes dial it.
  [[nodiscard]] std::string address(size_t number) const;

  [[nodiscard]] sim_host host(size_t number) const;

  /// What a node has remembered, whether it runs or not.
  [[nodiscard]] const sim_store& disk(size_t number) const;

  /// Likewise, to put something there before the node starts.
  [[nodiscard]] sim_store& disk(size_t number);

  /// Options with which the node will start next.
  [[nodiscard]] node_options& options(size_t number);

  // -- links ------------------------------------------------------------------

  /// Changes the link between two nodes, both ways.
  void relink(size_t a, size_t b, const sim_link_options& how);

  /// Takes back all that `relink` changed.
  void restore_links();

  /// Changes all links that nothing else was done to, for good.
  void set_weather(const sim_link_options& how);

  /// Puts nodes into regions, in turn: links are what they are between these.
  /// For nodes that there are already, and before there are faults.
  network& place(const region_table& where, const region_options& how = {});

  /// Stands between connections and decoders: for faults of single messages.
  message_tap& messages() {
    return *messages_;
  }

  // -- names ------------------------------------------------------------------

  /// Changes what comes of looking up the name of a node's host. Where there is
  /// an answer, the node's IP address follows the `addresses` in `how`.
  void rename(size_t number, sim_dns_entry how);

  /// Takes back what `rename` changed, of one node or of all.
  void restore_name(size_t number);
  void restore_names();

  // -- time -------------------------------------------------------------------

  void settle() {
    system_.settle();
  }

  void advance(duration span) {
    system_.advance(span);
  }

  bool run_until(const std::function<bool()>& what, duration limit) {
    return system_.run_until(what, limit);
  }

  /// Does something after that time from now.
  void at(duration wait, fault what);

  /// Does something now.
  void apply(const fault& what);

  // -- questions --------------------------------------------------------------

  /// The peers of a node that runs, as it tells its reactors.
  [[nodiscard]] const peer_view& peers(size_t number) const;

  /// Whether a node that runs sees the other one as its peer.
  [[nodiscard]] bool sees(size_t number, size_t other) const;

  /// Whether there is a node with that ID.
  [[nodiscard]] bool knows(const node_id& id) const;

  /// The number of the node with that ID. @pre there is one.
  [[nodiscard]] size_t number_of(const node_id& id) const;

  /// Whether all pairs that were connected with `connect` see each other. Takes
  /// no time to find out.
  [[nodiscard]] bool meshed() const;

  /// Events of a node since its start.
  [[nodiscard]] const std::vector<node_event>& events(size_t number) const;

  // -- parts ------------------------------------------------------------------

  sim_system& system() {
    return system_;
  }

  sim_network& wires() {
    return *wires_;
  }

  [[nodiscard]] time_point now() const {
    return system_.now();
  }

  [[nodiscard]] const network_options& options() const {
    return options_;
  }

  [[nodiscard]] const edge_list& edges() const {
    return edges_;
  }

  // -- pictures ---------------------------------------------------------------

  /// Records what happens from now on, for a page:
  /// `run_page({net.recorded()})`. Before nodes start. Changes nothing of the
  /// run.
  void start_recording();

  /// What was recorded, for `run_page`. @pre `start_recording`.
  [[nodiscard]] std::string recorded() const;

  // -- the end ----------------------------------------------------------------

  /// Stops all nodes and looks for what they left behind: actors, connections,
  /// dials, lookups, alarms. The network cannot be used afterwards.
  void finish();

private:
  struct resident;

  void spawn_observer(size_t number);
  void observe(size_t number, uint64_t life, const peer_update& update);
  void observe(size_t number, uint64_t life, const node_event& event);
  void watch(size_t number, uint64_t life, const peer_manager& core);
  void dialing(sim_host from, sim_host to);
  void router_ended(size_t number, uint64_t life, const caf::error& reason);
  void end_life(resident& who);
  void expect_neighbour(resident& who, const node_id& other);
  void count_neighbours(resident& who, ptrdiff_t more);
  void restore_link(size_t from, size_t to);
  [[nodiscard]] resident& at(size_t number) const;

  network_options options_;
  sim_system system_;
  std::shared_ptr<sim_network> wires_;
  std::unique_ptr<sim_driver> driver_;
  std::unique_ptr<sim_observer> observer_;
  std::unique_ptr<message_tap> messages_;
  std::unique_ptr<run_record> record_;
  std::vector<std::unique_ptr<resident>> nodes_;
  std::map<node_id, size_t> numbers_;
  std::map<sim_host, size_t> by_host_;
  edge_list edges_;
  /// How many neighbours all nodes have, and how many of these are peers.
  size_t edge_ends_ = 0;
  size_t edge_ends_up_ = 0;
  std::set<std::pair<size_t, size_t>> relinked_;
  /// Links that are not like all others when nothing is wrong.
  std::map<std::pair<size_t, size_t>, sim_link_options> placed_;
  std::set<size_t> renamed_;
  std::vector<reactor_factory> reactors_;
};

} // namespace troupe::testing
