# SPDX-License-Identifier: Apache-2.0
#
# The public headers, in one place: only these, and what they include, are
# installed. A program should include no other; the rest may change at any time.

# Scripts include this, too.
cmake_policy(VERSION 3.25)

set(TROUPE_PUBLIC_HEADERS
  # The node, its channels, and what runs beside them.
  actors/channel/channel.hpp
  actors/node/added_transport.hpp
  actors/node/memory_bound.hpp
  actors/node/node.hpp
  actors/node/node_event.hpp
  actors/node/node_options.hpp
  actors/node/option_settings.hpp
  actors/operator/log.hpp
  actors/operator/metrics.hpp
  actors/operator/operator_server.hpp
  actors/peer/peer_filter_actor.hpp
  actors/peer/resolver_actor.hpp
  actors/pex/pex.hpp
  actors/remote/remote_node.hpp
  actors/router/router_actor.hpp
  # Values.
  messages/as_result.hpp
  messages/blame.hpp
  messages/broadcast_report.hpp
  messages/channel_descriptor.hpp
  messages/endpoint.hpp
  messages/entropy.hpp
  messages/envelope.hpp
  messages/errc.hpp
  messages/heap_policy.hpp
  messages/ip_address.hpp
  messages/ip_network.hpp
  messages/node_address.hpp
  messages/node_id.hpp
  messages/node_info.hpp
  messages/node_key.hpp
  messages/payload.hpp
  messages/peer_behaviour.hpp
  messages/peer_error.hpp
  messages/peer_update.hpp
  messages/property.hpp
  messages/result.hpp
  messages/software_version.hpp
  messages/time.hpp
  messages/type_ids.hpp
  messages/wall_clock.hpp
  # What a node knows about its peers, and where it keeps that.
  peerstore/rules/connection_limits.hpp
  peerstore/rules/peer_report.hpp
  peerstore/store/memory_store.hpp
  peerstore/store/peer_store.hpp
  peerstore/store/sqlite_store.hpp
  # For transports: the interfaces, and what may be taken to write one.
  transport/admission/inbound_limits.hpp
  transport/connection_actor.hpp
  transport/handshake_error.hpp
  transport/inbound_budget.hpp
  transport/mapping/gateway_actor.hpp
  transport/mconn/byte_stream.hpp
  transport/mconn/byte_stream_actor.hpp
  transport/mconn/mconn_connection_actor.hpp
  transport/memory/memory_network.hpp
  transport/tcp/mconn_broker.hpp
  transport/transport_actor.hpp
  transport/verify_peer.hpp
  # Broadcasts to whole networks.
  samples/gossip/gossip.hpp
  samples/gossip/gossip_options.hpp
  samples/gossip/type_ids.hpp
  # The harness.
  tests/harness/byzantine.hpp
  tests/harness/conformance/transport_conformance.hpp
  tests/harness/distribution.hpp
  tests/harness/faults.hpp
  tests/harness/message_faults.hpp
  tests/harness/network.hpp
  tests/harness/probe.hpp
  tests/harness/regions.hpp
  tests/harness/run_record.hpp
  tests/harness/seeds.hpp
  tests/harness/shrink.hpp
  tests/harness/sim_network.hpp
  tests/harness/sim_system.hpp
  tests/harness/sim_trace.hpp
  tests/harness/topology.hpp)

# troupe_with_included(RESULT ROOT HEADERS...): those headers and all of ours
# that they include, sorted. Generated ones are not among them.
function(troupe_with_included result root)
  set(seen)
  set(next ${ARGN})
  while(next)
    list(POP_FRONT next header)
    if(header IN_LIST seen)
      continue()
    endif()
    list(APPEND seen "${header}")
    file(STRINGS "${root}/${header}" lines REGEX "^#include \"troupe/")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include \"troupe/([^\"]+)\".*" "\\1" included
        "${line}")
      if(NOT included MATCHES "\\.pb\\.h$")
        list(APPEND next "${included}")
      endif()
    endforeach()
  endwhile()
  list(SORT seen)
  set(${result} "${seen}" PARENT_SCOPE)
endfunction()
