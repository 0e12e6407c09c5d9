// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel.hpp"

#include <utility>

#include <fmt/format.h>

#include <caf/send.hpp>

namespace troupe {

namespace {

/// Passes on what is to be sent, or why it is not, which the channel counts.
template <class Atom, class T>
failure pass(const channel_actor& to, Atom how, result<T> what) {
  if (!to)
    return {errc::invalid_state, "the channel is closed"};
  if (what) {
    caf::anon_send(to, how, std::move(*what));
    return {};
  }
  caf::anon_send(to, how, to_error(what.error()));
  return what.error();
}

} // namespace

any_channel::any_channel(const channel_actor& handle,
                         const message_type& prototype, size_t size_max)
  : address_(handle.address()),
    codec_(std::make_shared<const wrapper>(prototype)),
    size_max_(size_max) {}

failure any_channel::send(const node_id& peer,
                          const message_type& message) const {
  return pass(actor(), send_atom_v, envelope_for(peer, message));
}

failure any_channel::broadcast(const message_type& message) const {
  return pass(actor(), broadcast_atom_v, marshal(message));
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
  const auto size = (*body)->size();
  if (size > size_max_)
    return {errc::oversized_message,
            fmt::format("a {} of {} bytes, more than the recv_message_capacity "
                        "of its channel, {}",
                        message.GetTypeName(), size, size_max_)};
  return message_body{std::move(*body)};
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
  return outbound_envelope{peer, std::move(*body)};
}

} // namespace troupe
