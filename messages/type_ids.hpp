// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/is_error_code_enum.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/blame.hpp"
#include "troupe/messages/broadcast_report.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/envelope.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/message_body.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/payload.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/peer_error.hpp"
#include "troupe/messages/peer_traffic.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/raw_bytes.hpp"

// Declared here and defined by the layers above, because CAF numbers all types
// in one block.
namespace troupe {

struct admission;
struct channel_credit;
struct channel_tally;
struct connection_ends;
struct connection_limits;
struct connection_ref;
struct decode_job;
struct eviction;
struct handshake_result;
struct inbound_limits;
struct inbound_message;
struct node_event;
struct outbound_envelope;
struct outbound_message;
struct peer_report;
struct remote_channel;
struct store_changes;
struct store_contents;
struct wait_notice;

} // namespace troupe

namespace troupe {

/// Number of our first CAF type, the CMake option of that name. Numbers below
/// it, from `caf::first_custom_type_id`, are for the types that a program has
/// anyway.
inline constexpr caf::type_id_t first_type_id = TROUPE_FIRST_TYPE_ID;

/// Numbers that we keep for ourselves, so that those of a program stay the same
/// when we get more types.
inline constexpr caf::type_id_t type_id_room = 200;

/// First number behind ours, for types of a program that uses Troupe:
///
///     CAF_BEGIN_TYPE_ID_BLOCK(my_program, troupe::next_type_id)
///
/// `caf::init_global_meta_objects<caf::id_block::troupe>()` and the same for
/// the program's blocks come before the actor system, in any order.
inline constexpr caf::type_id_t next_type_id = first_type_id + type_id_room;

static_assert(first_type_id >= caf::first_custom_type_id
                  && first_type_id < next_type_id,
              "TROUPE_FIRST_TYPE_ID: expected caf::first_custom_type_id or "
              "more, and room behind it");

} // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_types, troupe::first_type_id)

// -- values -----------------------------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::errc))
CAF_ADD_TYPE_ID(troupe_types, (troupe::node_id))
CAF_ADD_TYPE_ID(troupe_types, (troupe::ip_address))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::ip_address>))
CAF_ADD_TYPE_ID(troupe_types, (troupe::endpoint))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::endpoint>))
CAF_ADD_TYPE_ID(troupe_types, (troupe::node_address))
CAF_ADD_TYPE_ID(troupe_types, (troupe::node_info))
CAF_ADD_TYPE_ID(troupe_types, (troupe::channel_descriptor))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::channel_descriptor>))
CAF_ADD_TYPE_ID(troupe_types, (troupe::payload))
CAF_ADD_TYPE_ID(troupe_types, (troupe::outbound_message))
CAF_ADD_TYPE_ID(troupe_types, (troupe::outbound_envelope))
CAF_ADD_TYPE_ID(troupe_types, (troupe::inbound_envelope))
CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_error))
CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_info))
CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_update))
CAF_ADD_TYPE_ID(troupe_types, (troupe::node_event))
CAF_ADD_TYPE_ID(troupe_types, (troupe::handshake_result))
CAF_ADD_TYPE_ID(troupe_types, (troupe::connection_ends))
CAF_ADD_TYPE_ID(troupe_types, (troupe::connection_ref))
CAF_ADD_TYPE_ID(troupe_types, (troupe::eviction))
CAF_ADD_TYPE_ID(troupe_types, (troupe::admission))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::channel_credit>))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::inbound_message>))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::outbound_message>))
CAF_ADD_TYPE_ID(troupe_types, (troupe::raw_bytes))

// -- connections and byte streams -------------------------------------------

CAF_ADD_ATOM(troupe_types, troupe, attach_atom)
CAF_ADD_ATOM(troupe_types, troupe, send_atom)
CAF_ADD_ATOM(troupe_types, troupe, credit_atom)
CAF_ADD_ATOM(troupe_types, troupe, received_atom)
CAF_ADD_ATOM(troupe_types, troupe, written_atom)
CAF_ADD_ATOM(troupe_types, troupe, closed_atom)
CAF_ADD_ATOM(troupe_types, troupe, handshake_atom)
CAF_ADD_ATOM(troupe_types, troupe, start_atom)
CAF_ADD_ATOM(troupe_types, troupe, sent_atom)

// -- router to transport ----------------------------------------------------

CAF_ADD_ATOM(troupe_types, troupe, listen_atom)
CAF_ADD_ATOM(troupe_types, troupe, accept_atom)

// -- router to peer manager -------------------------------------------------

CAF_ADD_ATOM(troupe_types, troupe, dial_next_atom)
CAF_ADD_ATOM(troupe_types, troupe, dial_failed_atom)
CAF_ADD_ATOM(troupe_types, troupe, dialed_atom)
CAF_ADD_ATOM(troupe_types, troupe, accepted_atom)
CAF_ADD_ATOM(troupe_types, troupe, ready_atom)
CAF_ADD_ATOM(troupe_types, troupe, errored_atom)
CAF_ADD_ATOM(troupe_types, troupe, evict_next_atom)
CAF_ADD_ATOM(troupe_types, troupe, disconnected_atom)

// -- router, channels and peers ---------------------------------------------

CAF_ADD_ATOM(troupe_types, troupe, open_channel_atom)
CAF_ADD_ATOM(troupe_types, troupe, add_peer_atom)
CAF_ADD_ATOM(troupe_types, troupe, remove_peer_atom)
CAF_ADD_ATOM(troupe_types, troupe, deliver_atom)
CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_traffic))

// -- what operators and reactors tell the peer manager -----------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_behaviour))
CAF_ADD_TYPE_ID(troupe_types, (troupe::connection_limits))
CAF_ADD_TYPE_ID(troupe_types, (troupe::peer_report))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::peer_report>))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::peer_update>))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::node_address>))
CAF_ADD_ATOM(troupe_types, troupe, report_atom)
CAF_ADD_ATOM(troupe_types, troupe, incompatible_atom)
CAF_ADD_ATOM(troupe_types, troupe, probe_next_atom)
CAF_ADD_ATOM(troupe_types, troupe, active_atom)
CAF_ADD_ATOM(troupe_types, troupe, dial_atom)
CAF_ADD_ATOM(troupe_types, troupe, disconnect_atom)
CAF_ADD_ATOM(troupe_types, troupe, ban_atom)
CAF_ADD_ATOM(troupe_types, troupe, unban_atom)
CAF_ADD_ATOM(troupe_types, troupe, list_atom)
CAF_ADD_ATOM(troupe_types, troupe, limits_atom)
CAF_ADD_ATOM(troupe_types, troupe, advertise_atom)

// -- filters ----------------------------------------------------------------

CAF_ADD_ATOM(troupe_types, troupe, filter_atom)

// -- peer store -------------------------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::store_changes))
CAF_ADD_TYPE_ID(troupe_types, (troupe::store_contents))
CAF_ADD_ATOM(troupe_types, troupe, load_atom)
CAF_ADD_ATOM(troupe_types, troupe, commit_atom)

// -- what we are, and limits of strangers -----------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::inbound_limits))
CAF_ADD_ATOM(troupe_types, troupe, introduce_atom)

// -- receivers to the decoder -----------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::decode_job))

// -- connections, continued -------------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::channel_tally>))
CAF_ADD_ATOM(troupe_types, troupe, skipped_atom)
CAF_ADD_ATOM(troupe_types, troupe, charge_atom)
CAF_ADD_ATOM(troupe_types, troupe, finish_atom)

// -- subnets, and who has to wait --------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::ip_network))
CAF_ADD_TYPE_ID(troupe_types, (troupe::wait_notice))
CAF_ADD_ATOM(troupe_types, troupe, wait_next_atom)

// -- reactors and channels --------------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::blame))
CAF_ADD_TYPE_ID(troupe_types, (troupe::message_body))
CAF_ADD_TYPE_ID(troupe_types, (troupe::broadcast_report))
CAF_ADD_TYPE_ID(troupe_types, (std::vector<troupe::inbound_envelope>))
CAF_ADD_ATOM(troupe_types, troupe, broadcast_atom)
CAF_ADD_ATOM(troupe_types, troupe, writable_atom)
CAF_ADD_ATOM(troupe_types, troupe, ask_atom)
CAF_ADD_ATOM(troupe_types, troupe, forget_atom)

// -- reactors of other processes ---------------------------------------------

CAF_ADD_TYPE_ID(troupe_types, (troupe::remote_channel))

CAF_END_TYPE_ID_BLOCK(troupe_types)

namespace caf::id_block {

/// All types of Troupe, for `caf::init_global_meta_objects`.
struct troupe : troupe_types {
  // CAF puts the first number of a block into this namespace, where `troupe`
  // is this struct.
  static constexpr type_id_t next_type_id = ::troupe::next_type_id;
};

static_assert(troupe::end <= troupe::next_type_id);

} // namespace caf::id_block

/// Tells CAF of our types. In the library, so that a program need not know
/// those that only actors of ours send each other.
template <>
void caf::init_global_meta_objects<caf::id_block::troupe>();

CAF_ERROR_CODE_ENUM(troupe::errc)
CAF_ERROR_CODE_ENUM(troupe::blame)

// Bytes of the network, and message bodies that are shared between the peers of
// one node. They never leave the process: connections, their byte streams and
// their peers live in one.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::raw_bytes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::inbound_message>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::outbound_message>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::outbound_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::decode_job)

namespace troupe {

/// Converts what a core returns to what an actor answers.
inline caf::error to_error(const failure& what) {
  return what.context.empty() ? caf::make_error(what.code)
                              : caf::make_error(what.code, what.context);
}

} // namespace troupe
