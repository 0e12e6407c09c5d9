// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_server.hpp"

#include <utility>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "troupe/actors/operator/event_line.hpp"
#include "troupe/actors/operator/http_server.hpp"
#include "troupe/actors/operator/operator_actor.hpp"
#include "troupe/actors/operator/unix_socket.hpp"
#include "troupe/messages/wall_clock.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

class operator_server::impl {
public:
  impl() = default;

  impl(const impl&) = delete;

  impl& operator=(const impl&) = delete;

  ~impl() {
    server_.reset();
    if (actor_)
      caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  }

  failure serve(caf::actor_system& sys, const node& where, int listener,
                const options& how, operator_surface surface) {
    auto lost = [](uint64_t count) {
      return as_json(lost_in_words(count), system_wall_clock{}.now()) + "\n";
    };
    auto made = http_server::make(listener, how.limits, lost);
    if (!made)
      return made.error();
    server_ = std::move(*made);
    actor_ = spawn_operator(sys, where, server_->desk(),
                            {.surface = surface,
                             .answer_time = how.answer_time,
                             .peers_max = how.metric_peers_max,
                             .store_problem = how.store_problem});
    server_->start([to = actor_](uint64_t number, http_request what) {
      caf::anon_send(to, number, std::move(what.method), std::move(what.target),
                     std::move(what.body));
    });
    return {};
  }

  std::optional<unix_listener> local;
  unique_socket tcp;

private:
  std::unique_ptr<http_server> server_;
  operator_actor actor_;
};

operator_server::operator_server(std::unique_ptr<impl> inside)
  : impl_(std::move(inside)) {}

operator_server::operator_server(operator_server&&) noexcept = default;

operator_server&
operator_server::operator=(operator_server&&) noexcept = default;

operator_server::~operator_server() = default;

result<operator_server>
operator_server::at_socket(caf::actor_system& sys, const node& where,
                           const std::filesystem::path& path,
                           const options& how) {
  auto listener = unix_listener::open(path);
  if (!listener)
    return listener.error();
  auto inside = std::make_unique<impl>();
  inside->local.emplace(std::move(*listener));
  if (auto bad = inside->serve(sys, where, inside->local->get(), how,
                               operator_surface::everything);
      bad.code != errc::none)
    return bad;
  return operator_server{std::move(inside)};
}

result<operator_server> operator_server::at_port(caf::actor_system& sys,
                                                 const node& where,
                                                 const endpoint& at,
                                                 const options& how) {
  auto listener = listen_tcp(at);
  if (!listener)
    return listener.error();
  auto inside = std::make_unique<impl>();
  inside->tcp = std::move(*listener);
  if (auto bad = inside->serve(sys, where, inside->tcp.get(), how,
                               operator_surface::read_only);
      bad.code != errc::none)
    return bad;
  return operator_server{std::move(inside)};
}

uint16_t operator_server::port() const noexcept {
  return impl_->tcp ? local_endpoint_of(impl_->tcp.get()).port : uint16_t{0};
}

} // namespace troupe
