// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Names one connection: the same peer may come back with another number.
struct connection_ref {
  node_id peer = {};

  /// Counts from 1.
  uint64_t generation = 0;

  friend bool operator==(const connection_ref&, const connection_ref&)
      = default;
};

/// The verdict on a connection whose handshake is done.
struct admission {
  /// `none` if the connection may stay. Otherwise the caller closes it, and
  /// does not call `disconnected`.
  errc code = errc::none;

  /// The connection's number if it may stay, 0 otherwise.
  uint64_t generation = 0;

  /// A connection to the same peer that has to make way: the caller closes it.
  /// The peer manager has forgotten it already.
  std::optional<uint64_t> replaces = {};

  /// Whether the peer is one of `preferred_peers`, whatever else it is.
  bool preferred = false;
};

/// An order to close a connection.
struct eviction {
  connection_ref connection = {};

  /// Why. Also the reason in the peer update.
  errc reason = errc::evicted;

  /// How long what is queued for the peer may take to get there first. 0: it is
  /// dropped.
  duration linger = duration::zero();
};

} // namespace troupe
