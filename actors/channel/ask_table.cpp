// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/ask_table.hpp"

#include <algorithm>
#include <tuple>

namespace troupe {

result<uint64_t> ask_table::ask(const node_id& whom, question_key what,
                                time_point deadline) {
  auto& with = conversations_[whom];
  if (with.open.size() >= per_peer_)
    return {errc::queue_full, "as many questions to that peer wait as may"};
  if (with.open.count(what) > 0)
    return {errc::queue_full, "that question to that peer waits already"};
  with.last_asked = ++last_;
  with.open.emplace(what, last_);
  deadlines_.emplace(deadline, last_);
  questions_.emplace(last_, question{whom, std::move(what), deadline});
  return last_;
}

ask_table::verdict ask_table::answer(const node_id& from,
                                     const std::vector<question_key>& of) {
  if (of.empty())
    return {};
  auto i = conversations_.find(from);
  if (i == conversations_.end())
    return {take_owed(owed_) ? verdict::kind::late : verdict::kind::unasked};
  auto& with = i->second;
  for (const auto& key : of)
    if (auto open = with.open.find(key); open != with.open.end()) {
      const auto number = open->second;
      close(number);
      return {verdict::kind::answer, number};
    }
  for (const auto& key : of) {
    auto& old = with.given_up;
    if (auto was = std::find(old.begin(), old.end(), key); was != old.end()) {
      old.erase(was);
      return {verdict::kind::late};
    }
  }
  if (take_owed(with.owed) || take_owed(owed_))
    return {verdict::kind::late};
  return {};
}

bool ask_table::take_owed(uint64_t& from) {
  if (from == 0)
    return false;
  --from;
  return true;
}

void ask_table::close(uint64_t question) {
  auto i = questions_.find(question);
  if (i == questions_.end())
    return;
  conversations_.at(i->second.whom).open.erase(i->second.what);
  deadlines_.erase({i->second.deadline, question});
  questions_.erase(i);
}

std::vector<uint64_t> ask_table::leave(const node_id& who) {
  std::vector<uint64_t> result;
  auto i = conversations_.find(who);
  if (i == conversations_.end())
    return result;
  for (const auto& [key, number] : i->second.open)
    result.push_back(number);
  std::sort(result.begin(), result.end());
  for (auto number : result) {
    give_up(questions_.at(number));
    close(number);
  }
  gone_.push_back(who);
  forget_the_gone();
  return result;
}

/// Who comes back may still answer, so that some are remembered.
void ask_table::forget_the_gone() {
  while (gone_.size() > gone_max) {
    const auto who = gone_.front();
    gone_.pop_front();
    auto i = conversations_.find(who);
    if (i == conversations_.end() || !i->second.open.empty())
      continue;
    owed_ += i->second.owed + i->second.given_up.size();
    conversations_.erase(i);
  }
}

std::vector<uint64_t> ask_table::expire(time_point now) {
  std::vector<uint64_t> result;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto number = deadlines_.begin()->second;
    give_up(questions_.at(number));
    close(number);
    result.push_back(number);
  }
  return result;
}

/// Its answer may still come, and is no offence then.
void ask_table::give_up(const question& what) {
  auto& with = conversations_.at(what.whom);
  with.given_up.push_back(what.what);
  if (with.given_up.size() <= per_peer_)
    return;
  with.given_up.pop_front();
  ++with.owed;
}

std::optional<time_point> ask_table::next_deadline() const {
  if (deadlines_.empty())
    return std::nullopt;
  return deadlines_.begin()->first;
}

std::optional<node_id>
ask_table::choose(const std::vector<node_id>& among) const {
  auto burden = [this](const node_id& peer) {
    auto i = conversations_.find(peer);
    return i == conversations_.end()
               ? std::tuple{size_t{0}, uint64_t{0}}
               : std::tuple{i->second.open.size(), i->second.last_asked};
  };
  auto i = std::min_element(among.begin(), among.end(),
                            [&](const node_id& x, const node_id& y) {
                              return burden(x) < burden(y);
                            });
  if (i == among.end())
    return std::nullopt;
  return *i;
}

} // namespace troupe
