// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/is_error_code_enum.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/decode_job.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/envelope.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/payload.hpp"
#include "troupe/messages/peer_behaviour.hpp"
#include "troupe/messages/peer_error.hpp"
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
struct eviction;
struct handshake_result;
struct inbound_limits;
struct inbound_message;
struct node_event;
struct outbound_message;
struct peer_report;
struct store_changes;
struct store_contents;
struct wait_notice;

} // namespace troupe

/// Type IDs of programs that use Troupe start behind ours:
///
///     CAF_BEGIN_TYPE_ID_BLOCK(my_program, troupe::next_type_id)
///
/// and `caf::init_global_meta_objects<caf::id_block::troupe>()` comes before
/// the line for the program's own block. The distance leaves room for types to
/// come, so that a program's numbers stay the same across releases.
namespace troupe {

/// Number of our first type.
inline constexpr caf::type_id_t first_type_id = caf::first_custom_type_id;

/// Number of a user's first type.
inline constexpr caf::type_id_t next_type_id = first_type_id + 100;

} // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe, troupe::first_type_id)

// -- values -----------------------------------------------------------------

CAF_ADD_TYPE_ID(troupe, (troupe::errc))
CAF_ADD_TYPE_ID(troupe, (troupe::node_id))
CAF_ADD_TYPE_ID(troupe, (troupe::ip_address))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::ip_address>))
CAF_ADD_TYPE_ID(troupe, (troupe::endpoint))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::endpoint>))
CAF_ADD_TYPE_ID(troupe, (troupe::node_address))
CAF_ADD_TYPE_ID(troupe, (troupe::node_info))
CAF_ADD_TYPE_ID(troupe, (troupe::channel_descriptor))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::channel_descriptor>))
CAF_ADD_TYPE_ID(troupe, (troupe::payload))
CAF_ADD_TYPE_ID(troupe, (troupe::outbound_message))
CAF_ADD_TYPE_ID(troupe, (troupe::outbound_envelope))
CAF_ADD_TYPE_ID(troupe, (troupe::inbound_envelope))
CAF_ADD_TYPE_ID(troupe, (troupe::peer_error))
CAF_ADD_TYPE_ID(troupe, (troupe::peer_info))
CAF_ADD_TYPE_ID(troupe, (troupe::peer_update))
CAF_ADD_TYPE_ID(troupe, (troupe::node_event))
CAF_ADD_TYPE_ID(troupe, (troupe::handshake_result))
CAF_ADD_TYPE_ID(troupe, (troupe::connection_ends))
CAF_ADD_TYPE_ID(troupe, (troupe::connection_ref))
CAF_ADD_TYPE_ID(troupe, (troupe::eviction))
CAF_ADD_TYPE_ID(troupe, (troupe::admission))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::channel_credit>))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::inbound_message>))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::outbound_message>))
CAF_ADD_TYPE_ID(troupe, (troupe::raw_bytes))

// -- connections and byte streams -------------------------------------------

CAF_ADD_ATOM(troupe, troupe, attach_atom)
CAF_ADD_ATOM(troupe, troupe, send_atom)
CAF_ADD_ATOM(troupe, troupe, credit_atom)
CAF_ADD_ATOM(troupe, troupe, received_atom)
CAF_ADD_ATOM(troupe, troupe, written_atom)
CAF_ADD_ATOM(troupe, troupe, closed_atom)
CAF_ADD_ATOM(troupe, troupe, handshake_atom)
CAF_ADD_ATOM(troupe, troupe, start_atom)
CAF_ADD_ATOM(troupe, troupe, sent_atom)

// -- router to transport ----------------------------------------------------

CAF_ADD_ATOM(troupe, troupe, listen_atom)
CAF_ADD_ATOM(troupe, troupe, accept_atom)

// -- router to peer manager -------------------------------------------------

CAF_ADD_ATOM(troupe, troupe, dial_next_atom)
CAF_ADD_ATOM(troupe, troupe, dial_failed_atom)
CAF_ADD_ATOM(troupe, troupe, dialed_atom)
CAF_ADD_ATOM(troupe, troupe, accepted_atom)
CAF_ADD_ATOM(troupe, troupe, ready_atom)
CAF_ADD_ATOM(troupe, troupe, errored_atom)
CAF_ADD_ATOM(troupe, troupe, evict_next_atom)
CAF_ADD_ATOM(troupe, troupe, disconnected_atom)

// -- router, channels and peers ---------------------------------------------

CAF_ADD_ATOM(troupe, troupe, open_channel_atom)
CAF_ADD_ATOM(troupe, troupe, add_peer_atom)
CAF_ADD_ATOM(troupe, troupe, remove_peer_atom)
CAF_ADD_ATOM(troupe, troupe, deliver_atom)
CAF_ADD_ATOM(troupe, troupe, refused_atom)

// -- what operators and reactors tell the peer manager -----------------------

CAF_ADD_TYPE_ID(troupe, (troupe::peer_behaviour))
CAF_ADD_TYPE_ID(troupe, (troupe::connection_limits))
CAF_ADD_TYPE_ID(troupe, (troupe::peer_report))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::peer_report>))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::peer_update>))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::node_address>))
CAF_ADD_ATOM(troupe, troupe, report_atom)
CAF_ADD_ATOM(troupe, troupe, incompatible_atom)
CAF_ADD_ATOM(troupe, troupe, probe_next_atom)
CAF_ADD_ATOM(troupe, troupe, active_atom)
CAF_ADD_ATOM(troupe, troupe, dial_atom)
CAF_ADD_ATOM(troupe, troupe, disconnect_atom)
CAF_ADD_ATOM(troupe, troupe, ban_atom)
CAF_ADD_ATOM(troupe, troupe, unban_atom)
CAF_ADD_ATOM(troupe, troupe, list_atom)
CAF_ADD_ATOM(troupe, troupe, limits_atom)
CAF_ADD_ATOM(troupe, troupe, advertise_atom)

// -- filters ----------------------------------------------------------------

CAF_ADD_ATOM(troupe, troupe, filter_atom)

// -- peer store -------------------------------------------------------------

CAF_ADD_TYPE_ID(troupe, (troupe::store_changes))
CAF_ADD_TYPE_ID(troupe, (troupe::store_contents))
CAF_ADD_ATOM(troupe, troupe, load_atom)
CAF_ADD_ATOM(troupe, troupe, commit_atom)

// -- what we are, and limits of strangers -----------------------------------

CAF_ADD_TYPE_ID(troupe, (troupe::inbound_limits))
CAF_ADD_ATOM(troupe, troupe, introduce_atom)

// -- receivers to the decoder -----------------------------------------------

CAF_ADD_TYPE_ID(troupe, (troupe::decode_job))

// -- connections, continued -------------------------------------------------

CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::channel_tally>))
CAF_ADD_ATOM(troupe, troupe, skipped_atom)
CAF_ADD_ATOM(troupe, troupe, charge_atom)
CAF_ADD_ATOM(troupe, troupe, finish_atom)

// -- subnets, and who has to wait --------------------------------------------

CAF_ADD_TYPE_ID(troupe, (troupe::ip_network))
CAF_ADD_TYPE_ID(troupe, (troupe::wait_notice))
CAF_ADD_ATOM(troupe, troupe, wait_next_atom)

CAF_END_TYPE_ID_BLOCK(troupe)

CAF_ERROR_CODE_ENUM(troupe::errc)

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
