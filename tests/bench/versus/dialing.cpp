// SPDX-License-Identifier: Apache-2.0
#include "dialing.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "clocks.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"

#ifdef TROUPE_HAVE_QUIC
#  include "troupe/transport/quic/quic_transport_broker.hpp"
#endif

namespace troupe::versus {

using namespace std::chrono_literals;

namespace {

/// One of thousands may take that long on a machine that has other things to
/// do.
constexpr auto patience = 60s;

} // namespace

void fail(const caf::error& reason) {
  fmt::print(stderr, "perf_troupe: {}\n", to_string(reason));
  std::exit(1);
}

options_ptr make_options(const level& how) {
  auto random = std::make_shared<system_entropy>();
  auto key = node_key::generate(*random);
  mconn_options result{.key = key, .random = random};
  if (!how.default_limits) {
    result.stream.send_rate.reset();
    result.stream.recv_rate.reset();
  }
  result.max_accepted = 4096;
  result.limits.exempt = {ip_network::of(ip_address::v4(127, 0, 0, 1))};
  return std::make_shared<const mconn_options>(std::move(result));
}

node_info info_of(const mconn_options& options, std::vector<channel_id> ids) {
  return {.node_id = to_string(options.key.id()),
          .listen_addr = "tcp://127.0.0.1:26656",
          .network = "bench",
          .version = "0.38.0",
          .channels = std::move(ids),
          .moniker = "bench"};
}

endpoint loopback(const level& how, uint16_t port) {
  return {how.protocol, ip_address::v4(127, 0, 0, 1), port, {}};
}

transport_actor transport_of(caf::actor_system& sys, const level& how,
                             const options_ptr& options) {
#ifdef TROUPE_HAVE_QUIC
  if (how.protocol == "quic")
    return spawn_quic_transport(sys, options,
                                std::make_shared<system_wall_clock>());
#endif
  if (how.protocol != "mconn")
    fail(caf::make_error(errc::unsupported_protocol));
  return spawn_mconn_transport(sys, options);
}

connection_actor connect(caf::scoped_actor& self, const level& how,
                         uint16_t port, const options_ptr& options,
                         std::vector<channel_id> ids) {
  auto transport = transport_of(self->system(), how, options);
  connection_actor result;
  self->request(transport, patience, caf::connect_atom_v, loopback(how, port),
                caf::timespan{patience})
      .receive(
          [&result](const caf::actor& connection) {
            result = caf::actor_cast<connection_actor>(connection);
          },
          fail);
  // Over QUIC, it has the socket.
  result->attach_functor([transport](const caf::error&) {
    caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
  });
  self->request(result, patience, handshake_atom_v,
                info_of(*options, std::move(ids)), node_id{},
                caf::timespan{patience})
      .receive([](const handshake_result&) {}, fail);
  return result;
}

} // namespace troupe::versus
