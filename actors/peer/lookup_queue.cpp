// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/lookup_queue.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace troupe {

result<lookup_queue::ticket> lookup_queue::ask(asker who,
                                               const std::string& name) {
  auto mine = askers_.find(who);
  const auto count = mine != askers_.end() ? mine->second.questions : 0;
  if (questions_ >= limits_.questions_max
      || count >= limits_.questions_per_asker)
    return failure{errc::queue_full,
                   fmt::format("host '{}': too many lookups wait", name)};
  auto& [questions, running] = entries_[name];
  auto asks_again = std::ranges::any_of(
      questions, [who](const question& x) { return x.who == who; });
  questions.push_back({++last_ticket_, who});
  ++questions_;
  auto& [names, open] = askers_[who];
  ++open;
  if (!running && !asks_again) {
    if (names.empty())
      turns_.push_back(who);
    names.push_back(name);
  }
  return last_ticket_;
}

std::vector<uint64_t> lookup_queue::forget(asker who) {
  std::vector<uint64_t> pointless;
  if (askers_.erase(who) == 0)
    return pointless;
  std::erase(turns_, who);
  for (auto i = entries_.begin(); i != entries_.end();) {
    auto& [questions, running] = i->second;
    questions_ -= std::erase_if(
        questions, [who](const question& x) { return x.who == who; });
    if (!questions.empty()) {
      ++i;
      continue;
    }
    if (running) {
      pointless.push_back(*running);
      running_.erase(*running);
    }
    i = entries_.erase(i);
  }
  return pointless;
}

std::optional<lookup_queue::lookup> lookup_queue::next() {
  while (running_.size() < limits_.running_max && !turns_.empty()) {
    auto who = turns_.front();
    turns_.pop_front();
    auto& names = askers_.at(who).names;
    auto name = std::move(names.front());
    names.pop_front();
    if (!names.empty())
      turns_.push_back(who);
    auto i = entries_.find(name);
    if (i->second.running)
      continue;
    i->second.running = ++last_lookup_;
    running_.emplace(last_lookup_, name);
    return lookup{last_lookup_, std::move(name)};
  }
  return std::nullopt;
}

std::vector<lookup_queue::ticket> lookup_queue::finish(uint64_t number) {
  std::vector<ticket> result;
  auto found = running_.extract(number);
  if (found.empty())
    return result;
  auto node = entries_.extract(found.mapped());
  for (const auto& [ticket, who] : node.mapped().questions) {
    result.push_back(ticket);
    answered(who, found.mapped());
  }
  return result;
}

void lookup_queue::answered(asker who, const std::string& name) {
  --questions_;
  auto i = askers_.find(who);
  auto& [names, open] = i->second;
  // Another asker's turn may have come first.
  if (std::erase(names, name) > 0 && names.empty())
    std::erase(turns_, who);
  if (--open == 0)
    askers_.erase(i);
}

} // namespace troupe
