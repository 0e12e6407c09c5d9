// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/inbound_budget.hpp"

#include <utility>
#include <vector>

#include "troupe/messages/property.hpp"

namespace troupe {

inbound_budget::account::~account() {
  budget_->close(number_);
}

errc inbound_budget::account::hold(size_t bytes) {
  // Most of what connections say is that nothing has changed.
  if (bytes == held_ && bytes == 0)
    return errc::none;
  held_ = bytes;
  return budget_->hold(number_, bytes);
}

std::shared_ptr<inbound_budget>
inbound_budget::make(const receive_limits& limits) {
  return std::shared_ptr<inbound_budget>{new inbound_budget{limits}};
}

std::unique_ptr<inbound_budget::account>
inbound_budget::open(std::function<void()> chosen) {
  auto guard = std::lock_guard{mutex_};
  entries_.emplace(++last_number_, entry{.chosen = std::move(chosen)});
  return std::unique_ptr<account>{
      new account{shared_from_this(), last_number_}};
}

size_t inbound_budget::held() const {
  auto guard = std::lock_guard{mutex_};
  return held_;
}

errc inbound_budget::hold(uint64_t number, size_t bytes) {
  std::vector<std::function<void()>> calls;
  auto result = errc::none;
  {
    auto guard = std::lock_guard{mutex_};
    auto& mine = entries_.at(number);
    if (mine.condemned)
      return errc::over_budget;
    held_ += bytes;
    held_ -= std::exchange(mine.held, bytes);
    if (bytes > connection_memory_) {
      reachable<"troupe: a connection holds more than its own budget">();
      condemn(mine);
    }
    while (held_ > node_memory_) {
      // Equal shares: who holds most is furthest above its own.
      auto* most = &mine;
      for (auto& [other, what] : entries_)
        if (!what.condemned && what.held >= most->held)
          most = &what;
      reachable<
          "troupe: the node's budget for what arrives ends a connection">();
      if (most != &mine)
        calls.push_back(std::move(most->chosen));
      condemn(*most);
    }
    if (mine.condemned)
      result = errc::over_budget;
  }
  for (const auto& call : calls)
    call();
  return result;
}

/// Takes it out of the sum: its memory is as good as free, and waiting for that
/// must not end others.
void inbound_budget::condemn(entry& which) {
  which.condemned = true;
  held_ -= std::exchange(which.held, 0);
}

void inbound_budget::close(uint64_t number) {
  auto guard = std::lock_guard{mutex_};
  auto i = entries_.find(number);
  held_ -= i->second.held;
  entries_.erase(i);
}

} // namespace troupe
