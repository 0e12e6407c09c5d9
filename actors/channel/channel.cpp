// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel.hpp"

#include <utility>

#include <fmt/format.h>

#include <caf/send.hpp>

#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/messages/wrapper.hpp"

namespace troupe {

namespace {

/// Passes on what is to be sent, or why it is not, which the channel counts.
template <class Atom, class T, class... Ts>
failure pass(const channel_actor& to, Atom how, result<T> what, Ts... more) {
  if (!to)
    return {errc::invalid_state, "the channel is closed"};
  if (what) {
    caf::anon_send(to, how, std::move(*what), std::move(more)...);
    return {};
  }
  caf::anon_send(to, how, to_error(what.error()));
  return what.error();
}

template <class T>
result<T> no_key() {
  return {errc::invalid_option,
          "the latest message of no key: what it replaces "
          "has to have a name"};
}

} // namespace

any_channel::any_channel(const channel_actor& handle,
                         const message_type& prototype,
                         const channel_descriptor& descriptor)
  : address_(handle.address()),
    codec_(std::make_shared<const wrapper>(prototype)),
    id_(descriptor.id),
    size_max_(descriptor.recv_message_capacity) {
  // What makes no sense ends the channel.
  if (auto exchanges = exchange_rules::make(descriptor, prototype))
    exchanges_ = std::make_shared<const exchange_rules>(*std::move(exchanges));
}

failure any_channel::send(const node_id& peer,
                          const message_type& message) const {
  return pass(actor(), send_atom_v, envelope_for(peer, message));
}

failure any_channel::broadcast(const message_type& message) const {
  return pass(actor(), broadcast_atom_v, marshal(message));
}

failure any_channel::send_latest(const node_id& peer, std::string key,
                                 const message_type& message) const {
  auto what
      = key.empty() ? no_key<outbound_envelope>() : envelope_for(peer, message);
  return pass(actor(), send_atom_v, std::move(what), std::move(key));
}

failure any_channel::broadcast_latest(std::string key,
                                      const message_type& message) const {
  auto what = key.empty() ? no_key<message_body>() : marshal(message);
  return pass(actor(), broadcast_atom_v, std::move(what), std::move(key));
}

void any_channel::report(const node_id& peer, blame code,
                         std::string what) const {
  if (auto handle = actor())
    caf::anon_send(handle, errored_atom_v, peer,
                   caf::make_error(code, std::move(what)));
}

void any_channel::report(const inbound_envelope& message, blame code,
                         std::string what) const {
  if (auto handle = actor())
    caf::anon_send(handle, errored_atom_v,
                   connection_ref{message.from, message.generation},
                   caf::make_error(code, std::move(what)));
}

void any_channel::disconnect(const node_id& peer, caf::timespan linger) const {
  if (auto handle = actor())
    caf::anon_send(handle, disconnect_atom_v, peer, linger);
}

void any_channel::close() const {
  if (auto handle = actor())
    caf::anon_send(handle, caf::close_atom_v);
}

result<message_body> any_channel::marshal(const message_type& message) const {
  if (!codec_)
    return {errc::invalid_state, "the channel was never opened"};
  auto body = codec_->marshal(message);
  if (!body)
    return body.error();
  const auto size = body->size();
  if (size > size_max_)
    return {errc::oversized_message,
            fmt::format("a {} of {} bytes, more than the recv_message_capacity "
                        "of its channel, {}",
                        message.GetTypeName(), size, size_max_)};
  return message_body{std::move(*body)};
}

result<question_key>
any_channel::question_in(const message_type& message) const {
  if (!exchanges_)
    return {errc::invalid_state, "the channel was never opened"};
  auto what = exchanges_->question_of(message);
  if (!what)
    return {errc::malformed_message,
            fmt::format("{} asks nothing: no exchange of its channel has it as "
                        "a request",
                        message.GetTypeName())};
  return *std::move(what);
}

result<outbound_envelope>
any_channel::envelope_for(const node_id& peer,
                          const message_type& message) const {
  if (!peer)
    return {errc::invalid_node_id,
            "a null node ID names no peer; broadcast sends to all"};
  auto body = marshal(message);
  if (!body)
    return body.error();
  return outbound_envelope{peer, id_, std::move(*body)};
}

} // namespace troupe
