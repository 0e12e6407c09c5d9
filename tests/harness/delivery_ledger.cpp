// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/delivery_ledger.hpp"

#include <iterator>

#include <fmt/format.h>

namespace troupe::testing {

namespace {

std::string text(const delivery_ledger::party& x) {
  return fmt::format("node-{} (life {})", x.first, x.second);
}

} // namespace

uint64_t delivery_ledger::send(party from, party to) {
  ++sent_;
  return ++lines_[{from, to}].last_sent;
}

void delivery_ledger::taken(party from, party to, uint64_t number,
                            uint64_t generation) {
  auto& way = lines_[{from, to}];
  // It may arrive before the sender learns that it was taken.
  if (way.arrived.count(number) == 0)
    way.pending.emplace(number, generation);
}

std::optional<std::string> delivery_ledger::arrived(party from, party to,
                                                    uint64_t number,
                                                    uint64_t generation) {
  auto i = lines_.find({from, to});
  if (i == lines_.end() || number > i->second.last_sent)
    return fmt::format("message {} from {} reached {} and was never sent",
                       number, text(from), text(to));
  auto& way = i->second;
  if (!way.arrived.insert(number).second)
    return fmt::format("message {} from {} reached {} twice", number,
                       text(from), text(to));
  if (generation < way.generation)
    return fmt::format("message {} from {} reached {} on connection {}, behind "
                       "one on connection {}",
                       number, text(from), text(to), generation,
                       way.generation);
  if (generation == way.generation && number < way.last)
    return fmt::format("message {} from {} reached {} behind message {} on "
                       "connection {}",
                       number, text(from), text(to), way.last, generation);
  ++arrived_;
  way.last = number;
  way.generation = generation;
  auto found = way.pending.find(number);
  if (found == way.pending.end())
    return std::nullopt;
  // Whatever was taken earlier for the same connection has to be here. What was
  // taken for an earlier connection may have been lost with it.
  const auto taken_for = found->second;
  for (auto j = way.pending.begin(); j != found;) {
    if (j->second == taken_for)
      return fmt::format("message {} from {} was taken for connection {} and "
                         "did not reach {}, where message {} is already",
                         j->first, text(from), taken_for, text(to), number);
    j = j->second < taken_for ? way.pending.erase(j) : std::next(j);
  }
  way.pending.erase(found);
  return std::nullopt;
}

std::optional<std::string> delivery_ledger::missing(party from, party to,
                                                    uint64_t generation) const {
  auto i = lines_.find({from, to});
  if (i == lines_.end())
    return std::nullopt;
  for (const auto& [number, taken_for] : i->second.pending)
    if (taken_for == generation)
      return fmt::format("message {} from {} was taken for connection {} and "
                         "never reached {}, though the connection lives on",
                         number, text(from), generation, text(to));
  return std::nullopt;
}

} // namespace troupe::testing
