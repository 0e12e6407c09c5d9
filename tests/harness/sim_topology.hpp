// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/tests/harness/sim_event.hpp"
#include "troupe/tests/harness/sim_link.hpp"

namespace troupe::testing {

/// The hosts of a simulated network and the links between them: who they are,
/// what the links are like, and which of them are cut.
class sim_topology {
public:
  using host_set = std::set<sim_host>;

  /// From one host to another.
  using way = std::pair<sim_host, sim_host>;

  /// Names something that blocks links, so that it can be taken away.
  enum class wall_id : uint64_t {};

  // -- hosts ------------------------------------------------------------------

  /// Adds a host. The first gets the IP addresses 10.0.0.1 and fd00::1, the
  /// next 10.0.0.2 and fd00::2, and so on. A name may come once.
  sim_host add(std::string name);

  [[nodiscard]] size_t size() const {
    return hosts_.size();
  }

  [[nodiscard]] std::optional<sim_host> find(std::string_view name) const;
  [[nodiscard]] std::optional<sim_host> find(const ip_address& ip) const;
  [[nodiscard]] const std::string& name_of(sim_host host) const;
  [[nodiscard]] ip_address ip_of(sim_host host) const;
  [[nodiscard]] ip_address ip6_of(sim_host host) const;

  /// All but these.
  [[nodiscard]] host_set others(const host_set& hosts) const;

  // -- links ------------------------------------------------------------------

  /// Sets what links are like that have no options of their own.
  void set_default(const sim_link_options& options);

  /// Gives the link one way options of its own.
  void set_link(sim_host from, sim_host to, const sim_link_options& options);

  [[nodiscard]] sim_link_options options(sim_host from, sim_host to) const;

  /// The state of the link one way; it stays where it is. A host reaches
  /// itself over a link that is fast and has no faults.
  sim_link& link(sim_host from, sim_host to, time_point now);

  // -- walls ------------------------------------------------------------------

  /// Loses all packets from one of `from` to one of `to`. A host in both is
  /// not cut off from itself.
  wall_id block(host_set from, host_set to, time_point now);

  /// Takes a wall away, or all. @returns the links that are free now and were
  /// not before.
  std::set<way> unblock(wall_id wall, time_point now);
  std::set<way> unblock_all(time_point now);

  [[nodiscard]] bool blocked(sim_host from, sim_host to) const;

private:
  struct wall {
    host_set from;
    host_set to;
  };

  std::set<way> update_links(time_point now);

  std::vector<std::string> hosts_;
  std::map<std::string, sim_host, std::less<>> names_;
  sim_link_options default_;
  std::map<way, sim_link_options> own_options_;
  std::map<way, sim_link> links_; // Those that were ever used.
  std::map<wall_id, wall> walls_;
  uint64_t next_wall_ = 0;
};

} // namespace troupe::testing
