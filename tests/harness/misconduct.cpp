// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/misconduct.hpp"

#include <memory>

namespace troupe::testing {

misconduct::outcome misconduct::apply(size_t from, size_t to,
                                      const outbound_batch& messages) {
  outcome result;
  for (const auto& message : messages) {
    std::vector<item> items{{message}};
    for (auto& each : habits_[from])
      items = practise(each, from, to, items);
    const auto is_as_it_was = items.size() == 1
                              && items[0].wait == duration::zero()
                              && items[0].message.body == message.body;
    if (!is_as_it_was)
      result.settled.push_back(
          {message.channel, message_cost(message.body.size())});
    for (auto& each : items)
      if (each.wait == duration::zero())
        result.now.push_back(std::move(each.message));
      else
        result.later.emplace_back(each.wait, std::move(each.message));
  }
  return result;
}

std::vector<misconduct::item>
misconduct::practise(practised& how, size_t from, size_t to,
                     const std::vector<item>& items) {
  const auto& habit = how.what;
  std::vector<item> result;
  for (const auto& each : items) {
    const auto channel = each.message.channel;
    const app_message seen{from, to, channel, each.message.body,
                           how.numbers[{to, channel}]++};
    if (!habit.which(seen)) {
      result.push_back(each);
      continue;
    }
    switch (habit.what) {
      case action::lie:
        result.push_back(
            {{channel, shared_bytes{habit.instead(seen)}}, each.wait});
        break;
      case action::withhold:
        break;
      case action::delay:
        result.push_back({each.message, each.wait + habit.wait});
        break;
      case action::replay:
        result.push_back(each);
        result.push_back({each.message, each.wait + habit.wait});
        break;
      case action::flood:
        result.insert(result.end(), habit.times, each);
        break;
    }
  }
  return result;
}

} // namespace troupe::testing
