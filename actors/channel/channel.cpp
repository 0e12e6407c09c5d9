// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel.hpp"

#include <caf/send.hpp>

namespace troupe {

void channel::send(const node_id& peer,
                   const google::protobuf::Message& message) const {
  if (auto handle = actor())
    caf::anon_send(handle, send_atom_v, to(peer, message));
}

void channel::broadcast(const google::protobuf::Message& message) const {
  if (auto handle = actor())
    caf::anon_send(handle, send_atom_v, to(node_id{}, message));
}

void channel::report(const node_id& peer, blame code, std::string what) const {
  if (auto handle = actor())
    caf::anon_send(handle, errored_atom_v, peer,
                   caf::make_error(code, std::move(what)));
}

void channel::disconnect(const node_id& peer, caf::timespan linger) const {
  if (auto handle = actor())
    caf::anon_send(handle, disconnect_atom_v, peer, linger);
}

} // namespace troupe
