// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/network.hpp"

#include <array>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/as_result.hpp"
#include "troupe/peerstore/peer_manager_view.hpp"
#include "troupe/tests/harness/dial_watch.hpp"
#include "troupe/tests/harness/sim_resolver_actor.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/harness/skewed_clock.hpp"
#include "troupe/transport/tcp_socket.hpp"

namespace troupe::testing {

namespace {

/// Port that all nodes listen at.
constexpr uint16_t node_port = 26656;

/// Writes what the network decides into the trace, and tells of every request
/// to connect.
class wire_observer final : public sim_observer {
public:
  using dial_handler = std::function<void(sim_host from, sim_host to)>;

  wire_observer(sim_trace& trace, dial_handler handler)
    : trace_(trace),
      dialing_(std::move(handler)) {}

  void note(const sim_event& event) override {
    trace_.note(event);
    if (event.what == sim_event::kind::dial_tried && event.size == 1)
      dialing_(event.from, event.to);
  }

private:
  sim_trace& trace_;
  dial_handler dialing_;
};

struct observer_state {
  static inline const char* name = "troupe.testing.observer";
};

/// Addresses of one host that are dialed one after the other, at most.
constexpr int addresses_max = 8;

dial_rules rules_of(const node_options& options) {
  return {.retry = options.retry,
          .max_dials = options.max_dials,
          .longest_dial
          = options.resolve_timeout + addresses_max * options.dial_timeout
            + options.handshake_timeout + std::chrono::seconds{1}};
}

node_key draw_key(sim_random& random) {
  std::array<std::byte, 32> seed;
  random.fill(seed);
  return node_key::from_seed(seed);
}

} // namespace

/// A node, whether it runs or not, and what is seen of it.
struct network::resident {
  node_options options;
  /// What the key says, which takes a hash to find out.
  node_id id;
  sim_host host;
  std::shared_ptr<sim_store> disk;
  /// Whom it was connected with, and how many of these are its peers.
  std::set<node_id> neighbours = {};
  size_t neighbours_up = 0;
  uint64_t life = 0;
  bool running = false;
  /// Told to stop and not there yet, and what comes then.
  bool stopping = false;
  bool start_again = false;
  node handle = {};
  caf::actor observer = {};
  peer_view peers = {};
  std::vector<node_event> events = {};
  dial_watch dials{{}};
};

// -- life ---------------------------------------------------------------------

network::network(uint64_t seed, network_options options)
  : options_(std::move(options)),
    system_(seed),
    wires_(
        std::make_shared<sim_network>(system_.random().fork(), options_.wires)),
    driver_(std::make_unique<sim_driver>(system_.sys(), wires_)),
    observer_(std::make_unique<wire_observer>(
        system_.trace(),
        [this](sim_host from, sim_host to) { dialing(from, to); })) {
  wires_->set_observer(observer_.get());
  system_.trace().set_host_names([wires = wires_.get()](sim_host host) {
    return wires->topology().name_of(host);
  });
}

network::~network() {
  for (auto& who : nodes_)
    end_life(*who);
  for (size_t i = 0; i < nodes_.size() && system_.running_of_parties() > 0; ++i)
    try {
      system_.kill(static_cast<sim_party>(i));
    } catch (const sim_failure&) {
      // Told already: this is the way out.
    }
  wires_->set_observer(nullptr);
  driver_.reset();
}

// -- building -----------------------------------------------------------------

network& network::add_nodes(size_t count, const configurator& change) {
  for (size_t i = 0; i < count; ++i) {
    const auto number = nodes_.size();
    auto name = fmt::format("node-{}", number);
    auto host = wires_->add_host(name);
    auto key = draw_key(system_.random());
    auto who = std::make_unique<resident>(resident{
        {.key = key,
         .network = "simulation",
         .moniker = name,
         .listen = fmt::format("mconn://0.0.0.0:{}", node_port),
         .channels_expected = options_.channels,
         .max_connected = std::nullopt},
        key.id(),
        host,
        sim_store::make(std::make_shared<sim_random>(system_.random().fork()),
                        options_.disks)});
    who->options.clock = std::make_shared<skewed_clock>(
        system_, system_.random().between(-options_.clock_skew_max,
                                          options_.clock_skew_max));
    if (change)
      change(number, who->options);
    numbers_.emplace(who->id, number);
    by_host_.emplace(host, number);
    nodes_.push_back(std::move(who));
  }
  return *this;
}

network& network::connect(const edge_list& edges) {
  for (const auto& [a, b] : edges) {
    at(a).options.persistent_peers.push_back(address(b));
    at(b).options.persistent_peers.push_back(address(a));
    edges_.emplace_back(a, b);
    expect_neighbour(at(a), id(b));
    expect_neighbour(at(b), id(a));
  }
  return *this;
}

void network::expect_neighbour(resident& who, const node_id& other) {
  if (!who.neighbours.insert(other).second)
    return;
  ++edge_ends_;
  if (who.peers.sees(other))
    count_neighbours(who, 1);
}

void network::count_neighbours(resident& who, ptrdiff_t more) {
  who.neighbours_up += static_cast<size_t>(more);
  edge_ends_up_ += static_cast<size_t>(more);
}

network& network::add_reactor(reactor_factory factory) {
  reactors_.push_back(std::move(factory));
  return *this;
}

// -- nodes --------------------------------------------------------------------

network::resident& network::at(size_t number) const {
  return *nodes_.at(number);
}

void network::start(size_t number) {
  auto& who = at(number);
  if (who.running) {
    who.start_again = who.stopping;
    return;
  }
  if (!wires_->is_up(who.host))
    wires_->restart(who.host, now());
  system_.trace().note(now(), fmt::format("start node-{}", number));
  ++who.life;
  who.running = true;
  who.peers = {};
  who.events.clear();
  who.dials = dial_watch{rules_of(who.options)};
  auto options = who.options;
  options.random = std::make_shared<sim_random>(system_.random().fork());
  options.store = who.disk->open();
  options.resolver = [wires = wires_, host = who.host](caf::actor_system& sys) {
    return spawn_sim_resolver(sys, wires, host);
  };
  options.transports
      = [wires = wires_, host = who.host, how = options_.how, key = options.key,
         random = options.random, stream = options.stream,
         max_accepted = options.max_accepted](caf::actor_system& sys) {
          transport_actor made;
          if (how == fidelity::messages)
            made = spawn_sim_message_transport(sys, wires, host, key.id(),
                                               max_accepted);
          else
            made = spawn_sim_transport(
                sys, wires, host,
                std::make_shared<mconn_options>(
                    mconn_options{.key = key,
                                  .random = random,
                                  .stream = stream,
                                  .max_accepted = max_accepted}));
          return std::map<std::string, transport_actor>{
              {std::string{mconn_protocol}, made},
              {std::string{tcp_protocol}, made},
          };
        };
  options.watch_peers
      = [this, number, life = who.life](const peer_manager& core) {
          watch(number, life, core);
        };
  system_.as(static_cast<sim_party>(number), [&] {
    who.handle = spawn_node(system_.sys(), std::move(options));
    spawn_observer(number);
    for (const auto& make : reactors_)
      make(system_.sys(), who.handle, number);
  });
}

void network::start() {
  for (size_t i = 0; i < nodes_.size(); ++i)
    start(i);
}

void network::spawn_observer(size_t number) {
  auto& who = at(number);
  auto life = who.life;
  auto behave
      = [this, number, life, home = who.handle](
            caf::stateful_actor<observer_state>* self) -> caf::behavior {
    home.subscribe(self);
    home.observe(self);
    self->monitor(home.router());
    self->set_down_handler(
        [this, self, number, life](const caf::down_msg& msg) {
          router_ended(number, life, msg.reason);
          self->quit();
        });
    return {
        [this, number, life](const peer_update& update) {
          observe(number, life, update);
        },
        [this, number, life](const node_event& event) {
          observe(number, life, event);
        },
    };
  };
  // Nobody else holds it once the node has ended, and it has to hear of that.
  who.observer = caf::actor_cast<caf::actor>(system_.sys().spawn(behave));
}

void network::observe(size_t number, uint64_t life, const peer_update& update) {
  auto& who = at(number);
  // What a node still tells while it is being killed is not heard any more.
  if (who.life != life || !who.running)
    return;
  if (auto wrong = who.peers.apply(update))
    system_.report(fmt::format("node-{}: {}", number, *wrong));
  else if (who.neighbours.count(update.peer) != 0)
    count_neighbours(who, update.status == peer_status::up ? 1 : -1);
}

void network::observe(size_t number, uint64_t life, const node_event& event) {
  auto& who = at(number);
  if (who.life != life || !who.running)
    return;
  who.events.push_back(event);
  if (event.what == node_event::kind::dial_failed)
    who.dials.failed(event.peer, now());
}

void network::watch(size_t number, uint64_t life, const peer_manager& core) {
  auto& who = at(number);
  const auto view = core.view();
  auto wrong = check_invariants(view);
  // A node that stops leaves its dials where they are.
  if (!wrong && who.life == life && who.running && !who.stopping)
    wrong = who.dials.worked(view, core.next_wakeup(), now());
  if (wrong)
    system_.report(fmt::format("node-{}: {}", number, *wrong));
}

void network::dialing(sim_host from, sim_host to) {
  auto who = by_host_.find(from);
  auto whom = by_host_.find(to);
  if (who == by_host_.end() || whom == by_host_.end())
    return;
  if (auto wrong = at(who->second).dials.dialing(id(whom->second), now()))
    system_.report(fmt::format("node-{}: {}", who->second, *wrong));
}

/// A node that ends without being told to has a reason to.
void network::router_ended(size_t number, uint64_t life,
                           const caf::error& reason) {
  auto& who = at(number);
  if (who.life != life || !who.running)
    return;
  if (!who.stopping || reason != caf::exit_reason::user_shutdown)
    system_.report(fmt::format("node-{} ended: {}", number, to_string(reason)));
  // Outside of the actor that brings the news.
  if (who.start_again)
    system_.at(now(), [this, number] { start(number); });
  end_life(who);
}

void network::end_life(resident& who) {
  who.running = false;
  who.stopping = false;
  who.start_again = false;
  who.handle = {};
  who.observer = {};
  who.peers = {};
  count_neighbours(who, -static_cast<ptrdiff_t>(who.neighbours_up));
}

void network::stop(size_t number) {
  auto& who = at(number);
  if (!who.running)
    return;
  system_.trace().note(now(), fmt::format("stop node-{}", number));
  who.stopping = true;
  who.start_again = false;
  who.handle.stop();
}

void network::crash(size_t number) {
  auto& who = at(number);
  if (!who.running)
    return;
  system_.trace().note(now(), fmt::format("crash node-{}", number));
  end_life(who);
  wires_->crash(who.host, now());
  who.disk->crash();
  system_.kill(static_cast<sim_party>(number));
}

bool network::is_running(size_t number) const {
  return at(number).running;
}

uint64_t network::life(size_t number) const {
  return at(number).life;
}

const node& network::operator[](size_t number) const {
  return at(number).handle;
}

node_id network::id(size_t number) const {
  return at(number).id;
}

std::string network::address(size_t number) const {
  return fmt::format("mconn://{}@{}:{}", to_string(id(number)),
                     to_string(wires_->topology().ip_of(host(number))),
                     node_port);
}

sim_host network::host(size_t number) const {
  return at(number).host;
}

const sim_store& network::disk(size_t number) const {
  return *at(number).disk;
}

sim_store& network::disk(size_t number) {
  return *at(number).disk;
}

node_options& network::options(size_t number) {
  return at(number).options;
}

// -- links --------------------------------------------------------------------

void network::relink(size_t a, size_t b, const sim_link_options& how) {
  wires_->set_link(host(a), host(b), how);
  wires_->set_link(host(b), host(a), how);
  relinked_.emplace(a, b);
}

void network::restore_links() {
  for (const auto& [a, b] : std::exchange(relinked_, {})) {
    wires_->set_link(host(a), host(b), options_.wires.link);
    wires_->set_link(host(b), host(a), options_.wires.link);
  }
}

// -- time ---------------------------------------------------------------------

void network::at(duration wait, fault what) {
  system_.at(now() + wait, [this, what = std::move(what)] { apply(what); });
}

void network::apply(const fault& what) {
  system_.trace().note(now(), what.name);
  what.apply(*this);
}

// -- questions ----------------------------------------------------------------

const peer_view& network::peers(size_t number) const {
  return at(number).peers;
}

bool network::sees(size_t number, size_t other) const {
  return at(number).running && at(number).peers.sees(id(other));
}

size_t network::number_of(const node_id& id) const {
  return numbers_.at(id);
}

bool network::meshed() const {
  return edge_ends_up_ == edge_ends_;
}

const std::vector<node_event>& network::events(size_t number) const {
  return at(number).events;
}

} // namespace troupe::testing
