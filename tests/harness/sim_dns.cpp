// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_dns.hpp"

#include <utility>

#include <fmt/format.h>

namespace troupe::testing {

void sim_dns::set(std::string name, sim_dns_entry entry) {
  entries_.insert_or_assign(std::move(name), std::move(entry));
}

void sim_dns::remove(const std::string& name) {
  entries_.erase(name);
}

sim_dns::answer sim_dns::look_up(const std::string& name,
                                 sim_random& random) const {
  using mood = sim_dns_entry::mood;
  static const auto unknown = sim_dns_entry{.with = mood::fail};
  auto i = entries_.find(name);
  const auto& entry = i != entries_.end() ? i->second : unknown;
  const auto wait = entry.latency.draw(random);
  if (entry.with == mood::ignore)
    return {give_up,
            failure{errc::unknown_host,
                    fmt::format("host '{}': no answer in time", name)}};
  if (entry.with == mood::fail || entry.addresses.empty())
    return {wait, failure{errc::unknown_host,
                          fmt::format("host '{}': name not known", name)}};
  return {wait, entry.addresses};
}

} // namespace troupe::testing
