// SPDX-License-Identifier: Apache-2.0
//
// Ten reactors in a process of their own, behind a node in another one. A node
// prints its address, which others dial, and the port for reactors; reactors
// take that port, say hello to whoever is there, and print what comes back:
//     remote_sample node [ADDRESS]
//     remote_sample reactors PORT
// Between the two processes there is CAF's protocol, which trusts whoever can
// connect, and so it stays on the loopback interface. To leave that, give both
// sides a certificate of an authority that is yours alone; README.md says how.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#ifdef HAVE_CAF_OPENSSL
#  include <caf/openssl/all.hpp>
#endif

#include "troupe/actors/remote/remote_node.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;

namespace {

constexpr channel_id first_channel = 0x70;
constexpr int reactor_count = 10;

template <class... Ts>
void print_line(fmt::format_string<Ts...> format, Ts&&... xs) {
  fmt::print("{}\n", fmt::format(format, std::forward<Ts>(xs)...));
  std::fflush(stdout);
}

[[noreturn]] void fail(std::string_view why) {
  fmt::print(stderr, "remote_sample: {}\n", why);
  std::exit(1);
}

// -- how the processes find each other ----------------------------------------

/// Whether there are certificates: then CAF checks those of both sides.
bool has_certificates(caf::actor_system& sys) {
  return !caf::get_or(sys.config(), "caf.openssl.cafile", "").empty();
}

#ifdef HAVE_CAF_OPENSSL

caf::expected<uint16_t> publish_with_certificates(caf::actor_system& sys,
                                                  const node& home) {
  return caf::openssl::publish(spawn_node_gate(sys, home), 0);
}

caf::expected<node_gate_actor> find_with_certificates(caf::actor_system& sys,
                                                      uint16_t port) {
  return caf::openssl::remote_actor<node_gate_actor>(sys, "127.0.0.1", port);
}

#else

caf::expected<uint16_t> publish_with_certificates(caf::actor_system&,
                                                  const node&) {
  fail("this CAF has no OpenSSL module");
}

caf::expected<node_gate_actor> find_with_certificates(caf::actor_system&,
                                                      uint16_t) {
  fail("this CAF has no OpenSSL module");
}

#endif

uint16_t publish(caf::actor_system& sys, const node& home) {
  if (has_certificates(sys)) {
    auto port = publish_with_certificates(sys, home);
    if (!port)
      fail(to_string(port.error()));
    return *port;
  }
  auto port = publish_node(sys, home);
  if (!port)
    fail(to_string(port.error()));
  return *port;
}

result<node> find(caf::actor_system& sys, uint16_t port) {
  if (!has_certificates(sys))
    return connect_node(sys, "127.0.0.1", port);
  auto gate = find_with_certificates(sys, port);
  if (!gate)
    return {errc::connection_refused, to_string(gate.error())};
  return enter_node(sys, *gate);
}

// -- the process of the node --------------------------------------------------

/// Tells what happens, though the reactors are elsewhere.
caf::behavior reporter(caf::event_based_actor* self, const node& home) {
  home.observe(self);
  home.subscribe(self);
  return {
      [=](const node_event& event) {
        if (event.what == node_event::kind::listening)
          print_line("address {}", to_address(event.where, home.id()));
        else if (event.what == node_event::kind::channel_closed)
          print_line("closed {:#04x}: {}", event.channel, event.reason);
        else if (event.what == node_event::kind::messages_shed)
          print_line("shed {:#04x}: {}", event.channel, event.reason);
      },
      [](const peer_update& update) {
        print_line("peer {}", to_string(update.status));
      },
  };
}

void run_node(caf::actor_system& sys, std::vector<std::string> peers) {
  system_entropy random;
  auto home = spawn_node(sys, {.key = node_key::generate(random),
                               .network = "remote",
                               .listen = {"mconn://127.0.0.1:0"},
                               .persistent_peers = std::move(peers),
                               .channels_expected = reactor_count});
  sys.spawn(reporter, home);
  print_line("port {}", publish(sys, home));
}

// -- the process of the reactors ----------------------------------------------

/// The same reactor would do in the process of the node.
caf::behavior greeter(caf::event_based_actor* self, const node& home,
                      channel_id number) {
  auto channel = home.open_channel<echo::EchoMessage>(
      self, {.id = number, .recv_message_capacity = 1024});
  // Without the node there is nothing left to do.
  self->set_exit_handler([self](const caf::exit_msg& msg) {
    print_line("ended: {}", to_string(msg.reason));
    self->quit(msg.reason);
  });
  self->send(self, caf::tick_atom_v);
  return {
      [=](caf::tick_atom) {
        echo::PingMessage ping;
        ping.set_content(fmt::format("hello from {:#04x}", number));
        channel.broadcast(ping);
        self->delayed_send(self, std::chrono::milliseconds{100},
                           caf::tick_atom_v);
      },
      [=](const inbound_envelope& in) {
        return in.match(
            [&](const echo::PingMessage& ping) {
              echo::PongMessage pong;
              pong.set_content(ping.content());
              channel.send(in.from, pong);
            },
            [](const echo::PongMessage& pong) {
              print_line("pong: {}", pong.content());
            });
      },
  };
}

void run_reactors(caf::actor_system& sys, std::string_view text) {
  uint16_t port = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), port).ec
      != std::errc{})
    fail("expected a port");
  auto home = find(sys, port);
  if (!home)
    fail(to_string(home.error()));
  for (int i = 0; i < reactor_count; ++i)
    sys.spawn(greeter, *home, static_cast<channel_id>(first_channel + i));
}

void caf_main(caf::actor_system& sys, const caf::actor_system_config& config) {
  auto [argc, argv] = config.c_args_remainder();
  if (argc >= 2 && argv[1] == std::string_view{"node"})
    run_node(sys, {argv + 2, argv + argc});
  else if (argc == 3 && argv[1] == std::string_view{"reactors"})
    run_reactors(sys, argv[2]);
  else
    fail("expected `node [ADDRESS]` or `reactors PORT`");
}

} // namespace

#ifdef HAVE_CAF_OPENSSL
CAF_MAIN(caf::id_block::troupe, caf::io::middleman, caf::openssl::manager)
#else
CAF_MAIN(caf::id_block::troupe, caf::io::middleman)
#endif
