// SPDX-License-Identifier: Apache-2.0
#include "cast.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <doctest/doctest.h>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "troupe/messages/wrapper.hpp"

namespace troupe::test {

namespace {

std::string content_of(const inbound_envelope& in) {
  if (auto x = in.message.as<echo::PingMessage>())
    return x->content();
  if (auto x = in.message.as<echo::PongMessage>())
    return x->content();
  return in.message.type_name();
}

} // namespace

// -- recorder -----------------------------------------------------------------

std::string recorder::text() const {
  std::string result;
  for (const auto& in : got)
    result += (result.empty() ? "" : " ") + content_of(in);
  return result;
}

std::string recorder::signs() const {
  std::string result;
  for (const auto& update : updates)
    result += update.status == peer_status::up ? '+' : '-';
  return result;
}

bool recorder::sees(const node_id& peer) const {
  auto status = peer_status::down;
  for (const auto& update : updates)
    if (update.peer == peer)
      status = update.status;
  return status == peer_status::up;
}

peer_update recorder::last(const node_id& peer) const {
  auto is_about = [&peer](const auto& x) { return x.peer == peer; };
  auto i = std::find_if(updates.rbegin(), updates.rend(), is_about);
  REQUIRE(i != updates.rend());
  return *i;
}

std::vector<errc> recorder::codes(node_event::kind what) const {
  std::vector<errc> result;
  for (const auto& event : events)
    if (event.what == what)
      result.push_back(event.code);
  return result;
}

void recorder::say(const node_id& to, std::string_view text) const {
  wire.send(to, ping(text));
}

void recorder::shout(std::string_view text) const {
  wire.broadcast(ping(text));
}

// -- puppet -------------------------------------------------------------------

void puppet::greet(const node_id& proven, const node_info& with) const {
  if (auto to = caf::actor_cast<caf::actor>(connection))
    caf::anon_send(to, handshake_atom_v, proven, with);
}

void puppet::send(channel_id channel, bytes body) const {
  if (auto to = caf::actor_cast<caf::actor>(connection))
    caf::anon_send(to, received_atom_v,
                   inbound_batch{{channel, std::move(body)}});
}

void puppet::hang_up() const {
  if (auto self = caf::actor_cast<caf::actor>(address))
    caf::anon_send_exit(self, caf::exit_reason::user_shutdown);
}

// -- messages -----------------------------------------------------------------

echo::PingMessage ping(std::string_view text) {
  echo::PingMessage result;
  result.set_content(std::string{text});
  return result;
}

echo::PongMessage pong(std::string_view text) {
  echo::PongMessage result;
  result.set_content(std::string{text});
  return result;
}

bytes from_text(std::string_view text) {
  auto raw = std::as_bytes(std::span{text});
  return {raw.begin(), raw.end()};
}

bytes wire_ping(std::string_view text) {
  const auto body
      = *wrapper{echo::EchoMessage::default_instance()}.marshal(ping(text));
  return {body.begin(), body.end()};
}

} // namespace troupe::test
