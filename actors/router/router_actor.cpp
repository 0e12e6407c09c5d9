// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/router_actor.hpp"

#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/router/connector.hpp"
#include "troupe/actors/router/limit_changes.hpp"
#include "troupe/actors/router/port_mapping.hpp"
#include "troupe/actors/router/refused_router.hpp"
#include "troupe/actors/router/router_child.hpp"
#include "troupe/actors/router/switchboard.hpp"
#include "troupe/actors/router/transports.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/receive_limits.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

/// How long a node waits for its channels before it says so: a reactor that was
/// forgotten looks like a network that is not there.
constexpr duration silent_wait = std::chrono::seconds{2};

///     waiting for channels --> running --> closing connections --> closing
struct router_state {
  static inline const char* name = "troupe.router";

  enum class phase : uint8_t { waiting, running, disconnecting, closing };

  using kind = router_child::kind;

  /// @pre `check` has nothing against the options.
  router_state(router_actor::pointer ptr, node_options opts,
               const metrics& count)
    : self(ptr),
      options(std::move(opts)),
      counters(count),
      addresses(*parse_addresses(options)),
      children(ptr),
      lines(ptr),
      events(ptr),
      switchboard(ptr, options, counters, children, lines, events),
      connector(ptr, options, counters, children, lines, events, switchboard),
      mapping(ptr, options, children, lines, events, connector) {
    if (!options.clock)
      options.clock = std::make_shared<system_wall_clock>();
  }

  router_actor::behavior_type make_behavior() {
    self->set_down_handler([this](const caf::down_msg& msg) { down(msg); });
    self->set_exit_handler([this](caf::exit_msg& msg) { stop(msg.reason); });
    counters.show();
    open();
    return {
        [this](caf::get_atom) { return endpoints(); },
        [this](caf::add_atom what, const node_address& address) {
          return add(what, address);
        },
        [this](caf::add_atom what, std::vector<node_address>& addresses,
               const node_id& source) {
          return self->delegate(manager, what, std::move(addresses), source);
        },
        [this](advertise_atom what, const node_id& asker, uint64_t most) {
          return self->delegate(manager, what, asker, most);
        },
        [this](caf::get_atom what, caf::add_atom of) {
          return self->delegate(manager, what, of);
        },
        [this](caf::subscribe_atom, const caf::actor& who) {
          events.subscribe(who);
        },
        [this](caf::subscribe_atom, caf::update_atom, const caf::actor& who) {
          return self->delegate(manager, caf::subscribe_atom_v, who);
        },
        [this](caf::subscribe_atom what, report_atom of,
               const caf::actor& who) {
          return self->delegate(manager, what, of, who);
        },
        [this](caf::unsubscribe_atom what, caf::update_atom,
               const caf::actor& who) {
          return self->delegate(manager, what, who);
        },
        [this](caf::get_atom what, caf::update_atom of) {
          return self->delegate(manager, what, of);
        },
        [this](report_atom what, const node_id& id, peer_behaviour behaviour) {
          return self->delegate(manager, what, id, behaviour);
        },
        [this](list_atom, uint64_t most) { return describe_peers(most); },
        [this](dial_atom what, const node_address& to) {
          return dial(what, to);
        },
        [this](disconnect_atom what, const node_id& id) {
          return self->delegate(manager, what, id);
        },
        [this](disconnect_atom what, const node_id& id, caf::timespan linger) {
          return self->delegate(manager, what, id, linger);
        },
        [this](ban_atom what, const node_id& id, caf::timespan how_long,
               std::string& reason) {
          return self->delegate(manager, what, id, how_long, std::move(reason));
        },
        [this](unban_atom what, const node_id& id) {
          return self->delegate(manager, what, id);
        },
        [this](forget_atom what, const node_id& id) {
          return self->delegate(manager, what, id);
        },
        [this](caf::get_atom what, limits_atom of) {
          return self->delegate(manager, what, of);
        },
        [this](limits_atom, const connection_limits& limits) {
          return set(limits);
        },
        [this](caf::get_atom, limits_atom, accept_atom) {
          return options.inbound;
        },
        [this](limits_atom, const inbound_limits& limits) {
          return set(limits);
        },
        [this](open_channel_atom, const channel_descriptor& descriptor,
               const payload& type) { return open_channel(descriptor, type); },
        [this](errored_atom, const connection_ref& which,
               const peer_error& error) { switchboard.errored(which, error); },
        [this](skipped_atom, const connection_ref& which, channel_id channel) {
          switchboard.skipped(which, channel);
        },
        [this](caf::publish_atom, const node_event& report) {
          events.shed(report);
        },
    };
  }

  // -- start ------------------------------------------------------------------

  void open() {
    for (auto option : options_that_name(options.key.id(), addresses))
      lines.warn("own_id_skipped", "option={}", option);
    auto core = peer_manager::make(
        options.key.id(), peer_options(options, addresses), *options.random);
    manager = children.adopt(
        spawn_peer_manager(self->system(), *std::move(core), options.random,
                           open_memory(), watch_peers()),
        {.what = kind::peer_manager});
    for (const auto& address : addresses.bootstrap_peers)
      caf::anon_send(manager, caf::add_atom_v, address);
    run_if_ready();
    if (current == phase::waiting)
      wait_alarm.set(self, self->system().clock().now() + silent_wait,
                     [this] { complain_about_waiting(); });
  }

  /// Counts the peers that are known, before anybody else looks.
  [[nodiscard]] peer_manager_watch watch_peers() const {
    return [count = counters,
            then = options.watch_peers](const peer_manager& core) mutable {
      count.peers_known(core.state().peers.ranked());
      if (then)
        then(core);
    };
  }

  void complain_about_waiting() {
    if (current != phase::waiting)
      return;
    auto text = fmt::format("waits for channels, of which {} of {} are open; "
                            "see channels_expected",
                            switchboard.open_channels().size(),
                            options.channels_expected);
    lines.warn("waiting_for_channels", "reason={}", log_text(text));
    events.publish({.what = node_event::kind::waiting_for_channels,
                    .reason = std::move(text)});
  }

  peer_manager_memory open_memory() {
    if (!options.store)
      return {};
    auto store = children.adopt(spawn_peer_store(self->system(), options.store),
                                {.what = kind::peer_store});
    return {store, options.clock, options.store_delay};
  }

  void run_if_ready() {
    if (current != phase::waiting
        || switchboard.open_channels().size() < options.channels_expected)
      return;
    current = phase::running;
    wait_alarm.cancel();
    auto made = spawn_transports(self->system(), options, addresses, counters);
    if (!made) {
      stop(to_error(made.error()));
      return;
    }
    transports = *std::move(made);
    for (auto& [protocol, transport] : transports)
      children.adopt(transport, {.what = kind::transport});
    switchboard.start(manager);
    connector.start({manager, open_resolver(), open_filter(), transports});
    for (auto& where : listen_endpoints(self->system(), options, addresses))
      listen(where);
    if (unanswered_listens == 0)
      listened();
  }

  resolver_actor open_resolver() {
    return children.adopt(options.resolver ? options.resolver(self->system())
                                           : spawn_resolver(self->system()),
                          {.what = kind::resolver});
  }

  peer_filter_actor open_filter() {
    if (!has_filter(options))
      return {};
    return children.adopt(
        spawn_peer_filter(self->system(), filter_options(options, addresses)),
        {.what = kind::peer_filter});
  }

  void listen(const endpoint& where) {
    ++unanswered_listens;
    auto transport = transports.at(where.protocol);
    self->request(transport, caf::infinite, listen_atom_v, where)
        .then(
            [this, transport](const endpoint& real) {
              // Another place may not have been to be had.
              if (stopping())
                return;
              lines.info("listening", "endpoint={}", to_string(real));
              listening.push_back(real);
              for (auto over : {ip_carrier::tcp, ip_carrier::udp})
                if (const auto found = most_public_of(listening, over))
                  connector.set_public_endpoint(*found);
              connector.set_own_endpoints(listening);
              events.publish(
                  {.what = node_event::kind::listening, .where = real});
              if (accepting.insert(transport.address()).second)
                connector.accept_from(transport);
              if (--unanswered_listens == 0)
                listened();
            },
            [this](caf::error& reason) { stop(std::move(reason)); });
  }

  void listened() {
    mapping.start(manager, listening);
    caf::anon_send(manager, listen_atom_v, listening);
    for (auto& promise : std::exchange(endpoint_promises, {}))
      promise.deliver(listening);
  }

  caf::result<std::vector<endpoint>> endpoints() {
    if (stopping())
      return caf::make_error(errc::shutting_down);
    if (current == phase::running && unanswered_listens == 0)
      return listening;
    auto promise = self->make_response_promise<std::vector<endpoint>>();
    endpoint_promises.push_back(promise);
    return promise;
  }

  // -- channels ---------------------------------------------------------------

  caf::result<void> open_channel(const channel_descriptor& descriptor,
                                 const payload& type) {
    auto channel = caf::actor_cast<channel_actor>(self->current_sender());
    if (auto old = switchboard.channel(descriptor.id); old && !stopping())
      return open_behind(old, {descriptor, type, channel});
    if (auto bad = open({descriptor, type, channel}))
      return bad;
    return caf::unit;
  }

  /// A channel that wants to open.
  struct opening {
    channel_descriptor descriptor;
    payload type;
    channel_actor channel;
  };

  /// There is such a channel, but it may be about to end: whoever sees its
  /// reactor go can be quicker to open another one than we are to hear of it.
  caf::result<void> open_behind(const channel_actor& old, const opening& what) {
    auto promise = self->make_response_promise<void>();
    auto finish = [this, promise, what]() mutable {
      if (auto bad = open(what))
        promise.deliver(std::move(bad));
      else
        promise.deliver();
    };
    self->request(old, caf::infinite, active_atom_v)
        .then(finish, [this, finish, old,
                       id = what.descriptor.id](const caf::error&) mutable {
          if (switchboard.channel(id) == old)
            reopenings.emplace(id, std::move(finish));
          else
            finish();
        });
    return promise;
  }

  /// @returns an error if the channel cannot be opened.
  caf::error open(const opening& what) {
    const auto& [descriptor, type, channel] = what;
    if (stopping())
      return caf::make_error(errc::shutting_down);
    auto channels = switchboard.open_channels();
    channels.push_back(descriptor);
    auto bad = to_error(check_room(channels, options.stream.receive));
    if (!bad)
      bad = check_exchanges(descriptor, type);
    if (!bad)
      bad = switchboard.add_channel(descriptor, type, channel);
    if (bad) {
      note_channel(node_event::kind::channel_refused, descriptor.id, bad);
      return bad;
    }
    connector.introduce();
    run_if_ready();
    return {};
  }

  static caf::error check_exchanges(const channel_descriptor& descriptor,
                                    const payload& type) {
    if (!type)
      return {};
    auto made = exchange_rules::make(descriptor, *type);
    return made ? caf::error{} : to_error(made.error());
  }

  void channel_closed(channel_id id, const caf::error& reason) {
    switchboard.remove_channel(id);
    connector.introduce();
    // The end of a node is the end of its channels.
    if (!stopping())
      note_channel(node_event::kind::channel_closed, id, reason);
    // The first one has it, if there are several.
    auto [begin, end] = reopenings.equal_range(id);
    std::vector<std::function<void()>> waiting;
    for (auto i = begin; i != end; ++i)
      waiting.push_back(std::move(i->second));
    reopenings.erase(begin, end);
    for (const auto& finish : waiting)
      finish();
  }

  void note_channel(node_event::kind what, channel_id id,
                    const caf::error& reason) {
    // Without one, the reactor came to its end as it wanted.
    auto text
        = reason ? text_of(reason) : std::string{"its reactor is done with it"};
    auto name = what == node_event::kind::channel_closed ? "channel_closed"
                                                         : "channel_refused";
    lines.warn(name, "channel={:#04x} reason=\"{}\"", id, text);
    events.publish({.what = what,
                    .code = code_of(reason, errc::none),
                    .channel = id,
                    .reason = std::move(text)});
  }

  caf::result<bool> add(caf::add_atom what, const node_address& address) {
    if (auto bad = validate_tcp_dial(address); bad.code != errc::none)
      return to_error(bad);
    return self->delegate(manager, what, address);
  }

  caf::result<void> dial(dial_atom what, const node_address& to) {
    if (auto bad = validate_tcp_dial(to); bad.code != errc::none)
      return to_error(bad);
    return self->delegate(manager, what, to);
  }

  caf::result<std::vector<peer_report>> describe_peers(uint64_t most) {
    auto promise = self->make_response_promise<std::vector<peer_report>>();
    self->request(manager, caf::infinite, list_atom_v, most)
        .then(
            [this, promise](std::vector<peer_report>& all) {
              switchboard.add_traffic(std::move(all), promise);
            },
            [promise](const caf::error& reason) mutable {
              promise.deliver(reason);
            });
    return promise;
  }

  caf::result<void> set(const inbound_limits& limits) {
    if (stopping())
      return caf::make_error(errc::shutting_down);
    return set_limits(self, options, transports, limits);
  }

  caf::result<void> set(const connection_limits& limits) {
    if (stopping())
      return caf::make_error(errc::shutting_down);
    return set_limits(self, options, manager, transports, limits);
  }

  // -- the end ----------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    events.unsubscribe(msg.source);
    auto child = children.remove(msg.source);
    if (!child)
      return;
    switch (child->what) {
      case kind::dialer:
        break; // Its answer says it all.
      case kind::candidate:
        connector.ended(child->attempt);
        break;
      case kind::connection:
        switchboard.ended(child->which, msg.reason);
        break;
      case kind::carrier:
        // That is our fault, whatever code it has.
        switchboard.ended(child->which, caf::make_error(errc::invalid_state,
                                                        text_of(msg.reason)));
        break;
      case kind::channel:
        channel_closed(child->channel, msg.reason);
        break;
      default:
        lost(child->vital_part(), msg.reason);
    }
    go_on_stopping();
  }

  void lost(std::string_view part, const caf::error& reason) {
    if (stopping())
      return;
    lines.error("part_ended", "part={} reason={}", part,
                log_text(text_of(reason)));
    stop(reason);
  }

  bool stopping() const {
    return current == phase::disconnecting || current == phase::closing;
  }

  void stop(caf::error reason) {
    if (stopping())
      return;
    lines.info("stopping", "reason={}", log_text(text_of(reason)));
    current = phase::disconnecting;
    stop_reason = std::move(reason);
    connector.stop();
    for (auto& promise : std::exchange(endpoint_promises, {}))
      promise.deliver(caf::make_error(errc::shutting_down));
    // Connections first: their ends are still reported.
    children.end_if(
        caf::make_error(errc::shutting_down),
        [](const router_child& x) { return !x.outlives_connections(); });
    go_on_stopping();
  }

  void go_on_stopping() {
    if (current == phase::disconnecting && !switchboard.has_peers()
        && !children.any(
            [](const router_child& x) { return x.is_connection(); })) {
      current = phase::closing;
      // Behind the last reports.
      if (manager)
        self->send(manager, caf::close_atom_v);
      children.end_if(stop_reason,
                      [](const router_child& x) { return !x.ends_last(); });
    }
    if (current == phase::closing && children.empty()) {
      counters.peers_known(0);
      self->quit(stop_reason);
    }
  }

  router_actor::pointer self;
  node_options options;
  metrics counters;
  parsed_addresses addresses;
  phase current = phase::waiting;
  caf::error stop_reason;

  // What waits for a channel to be gone.
  std::multimap<channel_id, std::function<void()>> reopenings;
  alarm wait_alarm;
  router_children children;
  event_log lines;
  event_publisher events;
  troupe::switchboard switchboard;
  troupe::connector connector;
  port_mapping mapping;
  peer_manager_actor manager;
  std::map<std::string, transport_actor> transports;

  std::vector<endpoint> listening;
  std::set<caf::actor_addr> accepting;
  size_t unanswered_listens = 0;
  std::vector<caf::typed_response_promise<std::vector<endpoint>>>
      endpoint_promises;
};

/// Says what is wrong with the options of a node, if something is.
failure check(caf::actor_system& sys, const node_options& options) {
  if (auto bad = validate(options); bad.code != errc::none)
    return bad;
  if (options.random == nullptr)
    return {errc::invalid_option, "random: is missing"};
  return check_transports(sys, options, *parse_addresses(options));
}

} // namespace

router_actor spawn_router(caf::actor_system& sys, node_options options,
                          const metrics& counters) {
  if (auto bad = check(sys, options); bad.code != errc::none)
    return spawn_refused_router(sys, bad);
  return spawn_state<router_state, router_actor>(sys, std::move(options),
                                                 counters);
}

} // namespace troupe
