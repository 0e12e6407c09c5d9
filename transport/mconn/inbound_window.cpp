// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/inbound_window.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe {

inbound_batch inbound_window::take(inbound_batch fresh, size_t size) {
  inbound_batch result;
  while (!waiting_.empty() && used_ < size) {
    waiting_cost_ -= use(waiting_.front());
    result.push_back(waiting_.take_front());
  }
  auto next = fresh.begin();
  for (; next != fresh.end() && waiting_.empty() && used_ < size; ++next)
    use(*next);
  const auto rest = next;
  for (; next != fresh.end(); ++next) {
    waiting_cost_ += read_cost(next->body.size());
    waiting_.push_back(std::move(*next));
  }
  fresh.erase(rest, fresh.end());
  // Mostly nothing has waited, and what came goes on as it is.
  if (result.empty())
    return fresh;
  std::ranges::move(fresh, std::back_inserter(result));
  return result;
}

void inbound_window::give_back(size_t cost, size_t memory) noexcept {
  used_ -= std::min(cost, used_);
  unreturned_ -= std::min(memory, unreturned_);
}

void inbound_window::charge(size_t cost) noexcept {
  used_ += cost;
  unreturned_ += cost;
}

size_t inbound_window::use(const inbound_message& message) noexcept {
  const auto cost = read_cost(message.body.size());
  charge(cost);
  return cost;
}

} // namespace troupe
