// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/network.hpp"

#include <array>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "troupe/tests/harness/message_tap.hpp"
#include "troupe/tests/harness/network_resident.hpp"
#include "troupe/tests/harness/run_record.hpp"
#include "troupe/tests/harness/skewed_clock.hpp"

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

/// What addresses of nodes begin with.
std::string_view scheme_of(fidelity how) {
  return how == fidelity::quic ? "quic" : "mconn";
}

node_key draw_key(sim_random& random) {
  std::array<std::byte, 32> seed;
  random.fill(seed);
  return node_key::from_seed(seed);
}

} // namespace

std::string to_string(fidelity how) {
  switch (how) {
    case fidelity::messages:
      return "messages";
    case fidelity::quic:
      return "quic";
    default:
      return "mconn";
  }
}

// -- the network as a whole ---------------------------------------------------

network::network(const sim_run& run, network_options options)
  : options_(std::move(options)),
    system_(run),
    wires_(std::make_shared<sim_network>(system_.random().split(),
                                         options_.wires)),
    driver_(std::make_unique<sim_driver>(system_.sys(), wires_)),
    observer_(std::make_unique<wire_observer>(
        system_.trace(),
        [this](sim_host from, sim_host to) { dialing(from, to); })),
    messages_(std::make_unique<message_tap>(*this)) {
  system_.set_interceptor(
      [this](sim_party party, caf::local_actor& to, auto& what) {
        messages_->delivering(party, to, what);
      });
  if (std::getenv("TROUPE_TRACE_HTML") != nullptr)
    start_recording();
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
  // The last one of a program is the one that failed, if any did.
  if (auto path = std::getenv("TROUPE_TRACE_HTML"); path && record_)
    std::ofstream{path} << run_page({recorded()});
  system_.trace().set_listener(nullptr);
  system_.set_interceptor(nullptr);
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
         .listen
         = {fmt::format("{}://0.0.0.0:{}", scheme_of(options_.how), node_port)},
         .channels_expected = options_.channels,
         .max_connected = std::nullopt},
        key.id(),
        host,
        false,
        sim_store::make(std::make_shared<sim_random>(system_.random().split()),
                        options_.disks)});
    who->options.clock = std::make_shared<skewed_clock>(
        system_, system_.random().between(-options_.clock_skew_max,
                                          options_.clock_skew_max));
    if (change)
      change(number, who->options);
    // It may have the key of another one, whose number stands for both.
    who->id = who->options.key.id();
    numbers_.emplace(who->id, number);
    by_host_.emplace(host, number);
    nodes_.push_back(std::move(who));
  }
  return *this;
}

network& network::know_by_name(size_t number) {
  at(number).by_name = true;
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
  const auto& hosts = wires_->topology();
  const auto& who = at(number);
  return fmt::format(
      "{}://{}@{}:{}", scheme_of(options_.how), to_string(who.id),
      who.by_name ? hosts.name_of(who.host) : to_string(hosts.ip_of(who.host)),
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
    restore_link(a, b);
    restore_link(b, a);
  }
}

void network::set_weather(const sim_link_options& how) {
  options_.wires.link = how;
  wires_->set_default_link(how);
}

void network::restore_link(size_t from, size_t to) {
  auto i = placed_.find({from, to});
  wires_->set_link(host(from), host(to),
                   i != placed_.end() ? i->second : options_.wires.link);
}

network& network::place(const region_table& where, const region_options& how) {
  for (size_t a = 0; a < size(); ++a)
    for (size_t b = 0; b < size(); ++b) {
      if (a == b)
        continue;
      placed_[{a, b}]
          = region_link(where, a % where.size(), b % where.size(), how);
      restore_link(a, b);
    }
  return *this;
}

// -- names --------------------------------------------------------------------

void network::rename(size_t number, sim_dns_entry how) {
  const auto& hosts = wires_->topology();
  how.addresses.push_back(hosts.ip_of(host(number)));
  wires_->dns().set(hosts.name_of(host(number)), std::move(how));
  renamed_.insert(number);
}

void network::restore_name(size_t number) {
  if (renamed_.erase(number) == 0)
    return;
  const auto& hosts = wires_->topology();
  wires_->dns().set(hosts.name_of(host(number)),
                    {.addresses = {hosts.ip_of(host(number))}});
}

void network::restore_names() {
  while (!renamed_.empty())
    restore_name(*renamed_.begin());
}

// -- time ---------------------------------------------------------------------

void network::at(duration wait, fault what) {
  system_.at(now() + wait, [this, what = std::move(what)] { apply(what); });
}

void network::apply(const fault& what) {
  if (record_)
    record_->fault_follows();
  system_.trace().note(now(), what.name);
  what.apply(*this);
}

// -- pictures -----------------------------------------------------------------

void network::start_recording() {
  if (record_)
    return;
  record_ = std::make_unique<run_record>(now() - system_.elapsed(),
                                         system_.run().code());
  system_.trace().set_listener(record_.get());
  system_.show_contents(true);
  messages_->set_record(record_.get());
}

std::string network::recorded() const {
  return record_->json(size(), now());
}

// -- questions ----------------------------------------------------------------

const peer_view& network::peers(size_t number) const {
  return at(number).peers;
}

bool network::sees(size_t number, size_t other) const {
  return at(number).running && at(number).peers.sees(id(other));
}

bool network::knows(const node_id& id) const {
  return numbers_.count(id) != 0;
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
