// SPDX-License-Identifier: Apache-2.0
//
// Ten reactors in a process of their own, behind a node in another one. A node
// prints its address, which others dial, and the port for reactors; reactors
// take that port, say hello to whoever is there, and print what comes back:
//     remote_sample node [ADDRESS]
//     remote_sample reactors PORT [HOST]
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

using words = std::vector<std::string>;

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
                                                      const std::string& host,
                                                      uint16_t port) {
  return caf::openssl::remote_actor<node_gate_actor>(sys, host, port);
}

#else

caf::expected<uint16_t> publish_with_certificates(caf::actor_system&,
                                                  const node&) {
  fail("this CAF has no OpenSSL module");
}

caf::expected<node_gate_actor>
find_with_certificates(caf::actor_system&, const std::string&, uint16_t) {
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

result<node> find(caf::actor_system& sys, const std::string& host,
                  uint16_t port) {
  if (!has_certificates(sys))
    return connect_node(sys, host, port);
  auto gate = find_with_certificates(sys, host, port);
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

void run_node(caf::actor_system& sys, words peers) {
  system_entropy random;
  const node_options options{.key = node_key::generate(random),
                             .network = "remote",
                             .listen = {"mconn://127.0.0.1:0"},
                             .persistent_peers = std::move(peers),
                             .channels_expected = reactor_count};
  if (auto bad = validate(options); bad.code != errc::none)
    fail(to_string(bad));
  auto home = spawn_node(sys, options);
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

void run_reactors(caf::actor_system& sys, std::string_view text,
                  const std::string& host) {
  uint16_t port = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), port).ec
      != std::errc{})
    fail("expected a port");
  auto home = find(sys, host, port);
  if (!home)
    fail(to_string(home.error()));
  for (int i = 0; i < reactor_count; ++i)
    sys.spawn(greeter, *home, static_cast<channel_id>(first_channel + i));
}

// -- the program --------------------------------------------------------------

/// Loads its modules before it reads the command line, so that this may have
/// their options: `CAF_MAIN` would do so behind it.
struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
#ifdef HAVE_CAF_OPENSSL
    load<caf::openssl::manager>();
#endif
  }
};

void run(caf::actor_system& sys, const words& arguments) {
  if (!arguments.empty() && arguments[0] == "node")
    run_node(sys, {arguments.begin() + 1, arguments.end()});
  else if (arguments.size() == 2 && arguments[0] == "reactors")
    run_reactors(sys, arguments[1], "127.0.0.1");
  else if (arguments.size() == 3 && arguments[0] == "reactors")
    run_reactors(sys, arguments[1], arguments[2]);
  else
    fail("expected [OPTIONS] `node [ADDRESS]` or `reactors PORT [HOST]`");
}

} // namespace

int main(int argc, char** argv) {
  caf::init_global_meta_objects<caf::id_block::troupe>();
#ifdef HAVE_CAF_OPENSSL
  caf::openssl::manager::init_global_meta_objects();
#endif
  caf::io::middleman::init_global_meta_objects();
  caf::core::init_global_meta_objects();
  config settings;
  if (auto bad = settings.parse(argc, argv))
    fail(to_string(bad));
  for (const std::string only_prints : {"help", "long-help", "dump-config"})
    if (caf::get_or(settings, only_prints, false))
      return 0;
  caf::actor_system sys{settings};
  const auto [count, rest] = settings.c_args_remainder();
  run(sys, {rest + 1, rest + count});
  return 0;
}
