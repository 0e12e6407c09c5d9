// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/router_actor.hpp"

#include <bitset>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/router/children.hpp"
#include "troupe/actors/router/connector.hpp"
#include "troupe/actors/router/switchboard.hpp"
#include "troupe/actors/router/transports.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
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

  using channel_list = std::vector<channel_descriptor>;

  router_state(router_actor::pointer ptr, node_options opts)
    : self(ptr),
      options(std::move(opts)),
      children(ptr),
      lines(ptr),
      events(ptr),
      switchboard(ptr, children, options.queue_type,
                  options.stream.receive.connection_memory),
      connector(ptr, options, children, lines, events,
                {[this] { return switchboard.open_channels(); },
                 [this](const channel_list& open) { return own_info(open); },
                 [this](const candidate& who, const admission& verdict) {
                   admit(who, verdict);
                 }}) {
    if (!options.clock)
      options.clock = std::make_shared<system_wall_clock>();
  }

  router_actor::behavior_type make_behavior() {
    self->set_down_handler([this](const caf::down_msg& msg) { down(msg); });
    self->set_exit_handler([this](caf::exit_msg& msg) { stop(msg.reason); });
    open();
    return {
        [this](caf::get_atom) { return endpoints(); },
        [this](caf::add_atom what, const node_address& address) {
          return add(what, address);
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
        [this](list_atom what, uint64_t most) {
          return self->delegate(manager, what, most);
        },
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
        [this](caf::get_atom what, limits_atom of) {
          return self->delegate(manager, what, of);
        },
        [this](limits_atom what, const connection_limits& limits) {
          return set_connections(what, limits);
        },
        [this](caf::get_atom, limits_atom, accept_atom) {
          return options.inbound;
        },
        [this](limits_atom, const inbound_limits& limits) {
          return set_inbound(limits);
        },
        [this](open_channel_atom, const channel_descriptor& descriptor,
               const payload& type) { return open_channel(descriptor, type); },
        [this](errored_atom, const connection_ref& which,
               const peer_error& error) { errored(which, error); },
        [this](skipped_atom, const connection_ref& which, channel_id channel) {
          skipped(which, channel);
        },
        [this](caf::publish_atom, const node_event& report) {
          events.shed(report);
        },
    };
  }

  // -- start ------------------------------------------------------------------

  void open() {
    if (auto bad = validate(options); bad.code != errc::none) {
      refuse(bad);
      return;
    }
    addresses = *parse_addresses(options);
    if (auto bad = check_transports(self->system(), options, addresses);
        bad.code != errc::none) {
      refuse(bad);
      return;
    }
    if (options.random == nullptr) {
      refuse({errc::invalid_option, "random: is missing"});
      return;
    }
    for (auto option : options_that_name(options.key.id(), addresses))
      lines.warn("own_id_skipped", "option={}", option);
    auto core = peer_manager::make(
        options.key.id(), peer_options(options, addresses), *options.random);
    if (!core) {
      refuse(core.error());
      return;
    }
    manager = children.adopt(
        spawn_peer_manager(self->system(), std::move(*core), options.random,
                           open_memory(), options.watch_peers));
    for (const auto& address : addresses.bootstrap_peers)
      caf::anon_send(manager, caf::add_atom_v, address);
    run_if_ready();
    if (current == phase::waiting)
      wait_alarm.set(self, self->system().clock().now() + silent_wait,
                     [this] { complain_about_waiting(); });
  }

  /// The options make no sense. Whoever monitors us learns why, whoever asks us
  /// something does not, so that it stands in the log as well.
  void refuse(const failure& bad) {
    lines.error("invalid_options", "reason=\"{}\"", to_string(bad));
    self->quit(to_error(bad));
  }

  void complain_about_waiting() {
    if (current != phase::waiting)
      return;
    auto text = fmt::format("waits for channels, of which {} of {} are open; "
                            "see channels_expected",
                            switchboard.open_channels().size(),
                            options.channels_expected);
    lines.warn("waiting_for_channels", "reason=\"{}\"", text);
    events.publish({.what = node_event::kind::waiting_for_channels,
                    .reason = std::move(text)});
  }

  peer_manager_memory open_memory() {
    if (!options.store)
      return {};
    store = children.adopt(spawn_peer_store(self->system(), options.store));
    return {store, options.clock, options.store_delay};
  }

  void run_if_ready() {
    if (current != phase::waiting
        || switchboard.open_channels().size() < options.channels_expected)
      return;
    current = phase::running;
    resolver
        = children.adopt(options.resolver ? options.resolver(self->system())
                                          : spawn_resolver(self->system()));
    wait_alarm.cancel();
    auto made = spawn_transports(self->system(), options, addresses);
    if (!made) {
      stop(to_error(made.error()));
      return;
    }
    transports = *std::move(made);
    for (auto& [protocol, transport] : transports)
      children.adopt(transport);
    if (has_filter(options))
      filter = children.adopt(spawn_peer_filter(
          self->system(), filter_options(options, addresses)));
    connector.start({manager, resolver, filter, transports});
    for (auto& where : listen_endpoints(self->system(), options, addresses))
      listen(where);
    if (stopping())
      return;
    if (unanswered_listens == 0)
      listened();
    evict_next();
    probe_next();
    wait_next();
  }

  void listen(const endpoint& where) {
    ++unanswered_listens;
    auto transport = transports.at(where.protocol);
    self->request(transport, caf::infinite, listen_atom_v, where)
        .then(
            [this, transport](const endpoint& real) {
              lines.info("listening", "endpoint={}", to_string(real));
              listening.push_back(real);
              events.publish(
                  {.what = node_event::kind::listening, .where = real});
              connector.accept_from(transport);
              if (--unanswered_listens == 0)
                listened();
            },
            [this](caf::error& reason) { stop(std::move(reason)); });
  }

  void listened() {
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
    if (stopping())
      return caf::make_error(errc::shutting_down);
    auto channel = caf::actor_cast<channel_actor>(self->current_sender());
    auto bad = check_capacity(descriptor);
    if (!bad)
      bad = switchboard.add_channel(descriptor, type, channel);
    if (bad) {
      note_channel(node_event::kind::channel_refused, descriptor.id, bad);
      return bad;
    }
    connector.introduce();
    run_if_ready();
    return caf::unit;
  }

  void channel_closed(channel_id id, const caf::error& reason) {
    connector.introduce();
    // The end of a node is the end of its channels.
    if (!stopping())
      note_channel(node_event::kind::channel_closed, id, reason);
  }

  void note_channel(node_event::kind what, channel_id id,
                    const caf::error& reason) {
    // Without one, the reactor came to its end as it wanted.
    auto text = reason ? text_of(reason) : std::string{"its reactor is done"};
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

  /// A message that a connection may not hold can never arrive.
  caf::error check_capacity(const channel_descriptor& descriptor) const {
    const auto most = options.stream.receive.connection_memory;
    if (descriptor.recv_message_capacity <= most)
      return {};
    return caf::make_error(
        errc::invalid_channel,
        fmt::format("channel {}: recv_message_capacity is {}, more than the "
                    "connection_memory of the node, {}",
                    display_name(descriptor), descriptor.recv_message_capacity,
                    most));
  }

  node_info own_info(const channel_list& open) const {
    std::vector<channel_id> ids;
    for (const auto& channel : open)
      ids.push_back(channel.id);
    return make_node_info(options, first_public(listening), std::move(ids));
  }

  // -- peers ------------------------------------------------------------------

  void admit(const candidate& who, const admission& verdict) {
    const auto which = connection_ref{who.remote.id, verdict.generation};
    if (verdict.replaces)
      switchboard.disconnect({which.peer, *verdict.replaces},
                             caf::make_error(errc::already_connected));
    // It may have ended while the peer manager thought about it.
    if (stopping() || !children.contains(who.connection.address())) {
      auto reason = caf::make_error(stopping() ? errc::shutting_down
                                               : errc::connection_closed);
      self->send_exit(who.connection, reason);
      report(disconnected_atom_v, which, reason);
      return;
    }
    switchboard.connect(who, which);
    announce(who, which);
  }

  void announce(const candidate& who, const connection_ref& which) {
    lines.info("peer_up", "peer={} direction={} remote={}", which.peer,
               to_string(who.way()), to_string(who.remote.ends.remote));
    auto info = peer_info{who.remote.ends.remote, who.remote.info.moniker,
                          who.remote.info.channels};
    self->request(manager, caf::infinite, ready_atom_v, which, std::move(info))
        .then([] {},
              [this, connection = who.connection](const caf::error& reason) {
                // The peer manager has changed its mind meanwhile.
                self->send_exit(connection, reason);
              });
  }

  void evict_next() {
    self->request(manager, caf::infinite, evict_next_atom_v)
        .then(
            [this](const eviction& order) {
              switchboard.evict(order);
              evict_next();
            },
            [](const caf::error&) {
              // The manager ended, which `down` sees.
            });
  }

  void wait_next() {
    self->request(manager, caf::infinite, wait_next_atom_v)
        .then(
            [this](wait_notice& notice) {
              lines.info("peer_waiting", "peer={} why={}", notice.peer,
                         log_text(notice.why));
              events.publish({.what = node_event::kind::peer_waiting,
                              .peer = notice.peer,
                              .reason = std::move(notice.why),
                              .wait = notice.wait});
              wait_next();
            },
            [](const caf::error&) {
              // The manager ended, which `down` sees.
            });
  }

  void probe_next() {
    self->request(manager, caf::infinite, probe_next_atom_v)
        .then(
            [this](const connection_ref& which) {
              switchboard.probe(which, manager);
              probe_next();
            },
            [](const caf::error&) {
              // The manager ended, which `down` sees.
            });
  }

  /// Only the first error of a connection counts, for that one ends it.
  void errored(const connection_ref& which, const peer_error& error) {
    if (switchboard.condemn(which)) {
      note(which, error);
      report(errored_atom_v, which, caf::make_error(error.code, error.what));
      return;
    }
    if (switchboard.is_connected(which) || !manager)
      return;
    // The peer may have hung up before its error was found.
    self->request(manager, caf::infinite, errored_atom_v, which,
                  caf::make_error(error.code, error.what))
        .then(
            [this, which, error] {
              switchboard.discard(which);
              note(which, error);
            },
            [](const caf::error&) {
              // Another error counted, or it is not the peer's.
            });
  }

  void note(const connection_ref& which, const peer_error& error) {
    lines.warn("peer_error", "peer={} code={} what={}", which.peer,
               to_string(error.code), log_text(error.what));
    events.publish({.what = node_event::kind::peer_error,
                    .peer = which.peer,
                    .code = error.code,
                    .reason = error.what});
  }

  /// Says it once a channel, however many peers send there.
  void skipped(const connection_ref& which, channel_id channel) {
    if (unknown_channels.test(channel))
      return;
    unknown_channels.set(channel);
    lines.warn("unknown_channel",
               "peer={} channel={:#04x} what=\"its "
               "messages are dropped and counted; no more lines about this "
               "channel\"",
               which.peer, channel);
  }

  /// A part of a connection ended, and so does the rest.
  void disconnected(const connection_ref& which, const caf::error& reason) {
    auto code = code_of(reason, errc::connection_closed);
    lines.info("peer_down", "peer={} code={} reason={}", which.peer,
               to_string(code), log_text(text_of(reason)));
    switchboard.disconnect(which, reason);
    report(disconnected_atom_v, which, reason);
  }

  /// Tells the peer manager about a connection. It may have forgotten it, which
  /// is no concern of ours: a reply would be an error, and end us.
  template <class Atom>
  void report(Atom what, const connection_ref& which,
              const caf::error& reason) {
    caf::anon_send(manager, what, which, reason);
  }

  caf::result<void> set_inbound(const inbound_limits& limits) {
    if (stopping())
      return caf::make_error(errc::shutting_down);
    if (auto bad = change(options, limits); bad.code != errc::none)
      return to_error(bad);
    auto promise = self->make_response_promise<void>();
    set_limits(self, transports, options, promise);
    return promise;
  }

  /// How many are accepted follows from how many may be connected.
  caf::result<void> set_connections(limits_atom what,
                                    const connection_limits& limits) {
    if (stopping())
      return caf::make_error(errc::shutting_down);
    auto wanted = options;
    if (auto bad = change(wanted, limits); bad.code != errc::none)
      return to_error(bad);
    auto promise = self->make_response_promise<void>();
    self->request(manager, caf::infinite, what, limits)
        .then(
            [this, promise, limits]() mutable {
              // Where `inbound` has changed meanwhile, this may not fit it any
              // more; what was in force then stays.
              if (auto bad = change(options, limits); bad.code != errc::none)
                promise.deliver(to_error(bad));
              else
                set_limits(self, transports, options, promise);
            },
            [promise](const caf::error& reason) mutable {
              promise.deliver(reason);
            });
    return promise;
  }

  // -- the end ----------------------------------------------------------------

  void down(const caf::down_msg& msg) {
    events.unsubscribe(msg.source);
    if (!children.remove(msg.source))
      return;
    if (auto which = switchboard.connection_of(msg.source))
      // What ends a sender or a receiver is our fault, whatever code it has.
      disconnected(*which, switchboard.is_carrier(msg.source) ? caf::make_error(
                               errc::invalid_state, text_of(msg.reason))
                                                              : msg.reason);
    if (auto id = switchboard.remove_channel(msg.source))
      channel_closed(*id, msg.reason);
    if (auto part = vital_part(msg.source); !stopping() && !part.empty()) {
      lines.error("part_ended", "part={} reason=\"{}\"", part,
                  text_of(msg.reason));
      stop(msg.reason);
      return;
    }
    go_on_stopping();
  }

  /// Names an actor without which the node cannot go on, or not as its operator
  /// expects: without its store it would forget whom it had banned.
  std::string_view vital_part(const caf::actor_addr& who) const {
    if (who == manager.address())
      return "peer_manager";
    if (store && who == store.address())
      return "peer_store";
    if (resolver && who == resolver.address())
      return "resolver";
    if (filter && who == filter.address())
      return "peer_filter";
    if (switchboard.needs(who))
      return "decoder";
    for (const auto& [protocol, transport] : transports)
      if (transport.address() == who)
        return "transport";
    return {};
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
    children.end_if(caf::make_error(errc::shutting_down),
                    [this](const caf::actor_addr& who) {
                      return !ends_last(who) && !switchboard.is_channel(who)
                             && !switchboard.is_carrier(who);
                    });
    go_on_stopping();
  }

  void go_on_stopping() {
    if (current == phase::disconnecting && !switchboard.has_peers()) {
      current = phase::closing;
      // Behind the last reports.
      if (manager)
        self->send(manager, caf::close_atom_v);
      children.end_if(stop_reason, [this](const caf::actor_addr& who) {
        return !ends_last(who);
      });
    }
    if (current == phase::closing && children.empty())
      self->quit(stop_reason);
  }

  /// The manager ends behind the last reports, and its store behind that.
  bool ends_last(const caf::actor_addr& who) const {
    return (manager && who == manager.address())
           || (store && who == store.address());
  }

  router_actor::pointer self;
  node_options options;
  parsed_addresses addresses;
  phase current = phase::waiting;
  caf::error stop_reason;

  alarm wait_alarm;
  troupe::children<router_actor::pointer> children;
  event_log lines;
  event_publisher events;
  troupe::switchboard switchboard;
  troupe::connector connector;
  peer_store_actor store;
  peer_manager_actor manager;
  resolver_actor resolver;
  peer_filter_actor filter;
  std::map<std::string, transport_actor> transports;

  std::bitset<256> unknown_channels; // Those that were named in the log.
  std::vector<endpoint> listening;
  size_t unanswered_listens = 0;
  std::vector<caf::typed_response_promise<std::vector<endpoint>>>
      endpoint_promises;
};

} // namespace

router_actor spawn_router(caf::actor_system& sys, node_options options) {
  return spawn_state<router_state, router_actor>(sys, std::move(options));
}

} // namespace troupe
