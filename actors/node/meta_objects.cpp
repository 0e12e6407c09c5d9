// SPDX-License-Identifier: Apache-2.0

// Every type that our actors send each other, for CAF.
#include <caf/init_global_meta_objects.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/messages/decode_job.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/peerstore/store/peer_store_inspect.hpp"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"
#include "troupe/transport/connection_messages.hpp"

template <>
void caf::init_global_meta_objects<caf::id_block::troupe>() {
  caf::init_global_meta_objects<caf::id_block::troupe_types>();
}
