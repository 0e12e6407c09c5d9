// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe::testing {

/// A transport whose conduct is to be checked, with the actor system it runs
/// in.
///
/// Its connections have no limits that two nodes with a dozen connections at
/// once, and some megabytes on their way, would reach; and no rate limits.
class transport_subject {
public:
  virtual ~transport_subject() = default;

  /// Where it runs. Our types are registered. With the scheduler of the
  /// harness, checks run in virtual time.
  virtual caf::actor_system& system() = 0;

  /// Spawns the transport of the node that has this key. Comes once for a node,
  /// and before anything else is asked about it.
  virtual transport_actor spawn(const node_key& key) = 0;

  /// Returns where that node may listen.
  virtual endpoint where(const node_id& id) const = 0;

  /// Whether it answers to that protocol.
  virtual bool speaks(std::string_view protocol) const = 0;
};

/// Makes what is checked, anew for each check.
using transport_subject_factory
    = std::function<std::unique_ptr<transport_subject>()>;

/// One thing that every transport does (see `transport_actor` and
/// `connection_actor`).
struct transport_check {
  /// A sentence that says what.
  std::string_view name;

  /// Tries it.
  /// @throws std::exception that says what the transport does instead.
  std::function<void(transport_subject&)> run;
};

/// Returns all that transports do. They need no test framework:
///
///     for (const auto& check : transport_checks()) {
///       my_subject subject;
///       check.run(subject);
///     }
std::vector<transport_check> transport_checks();

/// Runs all checks.
/// @returns what is wrong, each in one line that begins with the name of the
///          check; nothing if the transport does all that transports do.
std::vector<std::string> check_transport(const transport_subject_factory& make);

} // namespace troupe::testing
