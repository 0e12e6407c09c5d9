// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/type_id.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/samples/gossip/gossip_message.hpp"

namespace troupe {

/// Number of the first CAF type of the gossip: the end of the room that Troupe
/// keeps.
inline constexpr caf::type_id_t gossip_first_type_id = next_type_id - 10;

static_assert(caf::id_block::troupe::end <= gossip_first_type_id);

} // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_gossip, ::troupe::gossip_first_type_id)

CAF_ADD_TYPE_ID(troupe_gossip, (troupe::gossip_id))
CAF_ADD_TYPE_ID(troupe_gossip, (troupe::gossip_message))
CAF_ADD_TYPE_ID(troupe_gossip, (troupe::gossip_verdict))
CAF_ADD_TYPE_ID(troupe_gossip, (troupe::gossip_counts))

CAF_END_TYPE_ID_BLOCK(troupe_gossip)

static_assert(caf::id_block::troupe_gossip::end <= troupe::next_type_id);
