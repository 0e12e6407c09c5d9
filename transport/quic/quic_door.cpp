// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_door.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

quic_door::quic_door(quic_door_options options, entropy& random, time_point now)
  : options_(std::move(options)),
    random_(random),
    loop_(options_.admission),
    answers_(options_.answers.burst, now) {
  random_.fill(resets_);
  random_.fill(tokens_);
}

quic_door::verdict quic_door::arrived(byte_view datagram, const udp_place& from,
                                      time_point now) {
  if (datagram.empty() || datagram.size() > quic_datagram_limit)
    return {};
  const auto target = read_target(datagram);
  if (!target)
    return {};
  if (auto i = ids_.find(target->to); i != ids_.end())
    return found(i->second, from, now);
  if (target->is_long && target->foreign) {
    if (datagram.size() < initial_size_min || mode_ == mode::closed
        || !may_answer(now))
      return {};
    return answer(write_versions(*target, random_), now);
  }
  if (target->is_long)
    return open(datagram, from, now);
  if (!may_answer(now))
    return {};
  return answer(write_reset(target->to, datagram.size(), resets_, random_),
                now);
}

quic_door::verdict quic_door::found(uint64_t connection, const udp_place& from,
                                    time_point now) {
  auto& what = entries_.at(connection);
  if (what.where != from)
    return {};
  if (what.farewell.empty())
    return {action::deliver, connection};
  if (what.farewells == farewells_each || !may_answer(now))
    return {};
  ++what.farewells;
  return answer(what.farewell, now);
}

quic_door::verdict quic_door::open(byte_view datagram, const udp_place& from,
                                   time_point now) {
  auto first = read_initial(datagram);
  if (!first)
    return {};
  if (mode_ == mode::closed)
    return may_answer(now) ? answer(write_refusal(*first), now) : verdict{};
  first->before_retry = read_retry(*first, from, tokens_, now);
  if (!first->before_retry
      && (crowded_ || unvalidated_ >= options_.unvalidated_max))
    return may_answer(now)
               ? answer(write_retry(*first, from, tokens_, random_, now), now)
               : verdict{};
  if (mode_ == mode::busy || !loop_.may_take(now))
    return {.what = action::wait};
  auto [code, slot] = loop_.arrived(from.ip, now);
  if (code != errc::none)
    return {.refused = turn_away({from, first->to}) ? code : errc::none};
  // Those that are turned away cost next to nothing, and anybody may have sent
  // them: they take nobody's turn.
  loop_.found(accept_status::accepted, now);
  const auto number = ++last_;
  auto& made = entries_[number];
  made.where = from;
  made.validated = first->before_retry.has_value();
  made.slot = std::move(slot);
  if (!made.validated)
    ++unvalidated_;
  add(number, made, first->to);
  return {action::accept, number, std::move(first)};
}

/// @returns whether that is news.
bool quic_door::turn_away(const refusal& whom) {
  if (std::ranges::find(refused_, whom) != refused_.end())
    return false;
  if (refused_.size() == refused_max)
    refused_.pop_front();
  refused_.push_back(whom);
  return true;
}

bool quic_door::may_answer(time_point now) const {
  return answers_.level(options_.answers, now) >= 1;
}

quic_door::verdict quic_door::answer(bytes what, time_point now) {
  if (what.empty())
    return {};
  answers_.take(options_.answers, now);
  return {.what = action::answer, .answer = std::move(what)};
}

uint64_t quic_door::dialed(const udp_place& where) {
  entries_[++last_].where = where;
  return last_;
}

void quic_door::add(uint64_t connection, entry& to, const connection_id& id) {
  if (to.ids.size() < ids_max && ids_.emplace(id, connection).second)
    to.ids.push_back(id);
}

void quic_door::learn(uint64_t connection, const quic_ids& ids) {
  auto i = entries_.find(connection);
  if (i == entries_.end())
    return;
  for (const auto& id : ids.retired)
    if (std::erase(i->second.ids, id) > 0)
      ids_.erase(id);
  for (const auto& id : ids.added)
    add(connection, i->second, id);
}

void quic_door::validated(uint64_t connection) {
  auto i = entries_.find(connection);
  if (i != entries_.end() && !std::exchange(i->second.validated, true))
    --unvalidated_;
}

void quic_door::ended(uint64_t connection) {
  auto i = entries_.find(connection);
  if (i == entries_.end())
    return;
  validated(connection);
  if (!i->second.farewell.empty())
    std::erase_if(left_, [connection](const auto& x) {
      return x.connection == connection;
    });
  for (const auto& id : i->second.ids)
    ids_.erase(id);
  entries_.erase(i);
}

void quic_door::leave(uint64_t connection, bytes farewell, time_point now) {
  auto i = entries_.find(connection);
  if (i != entries_.end() && !i->second.farewell.empty())
    return;
  // Who may be somewhere else gets no more than he has sent.
  if (farewell.empty() || i == entries_.end() || !i->second.validated) {
    ended(connection);
    return;
  }
  if (left_.size() == farewells_max)
    ended(left_.front().connection);
  i->second.farewell = std::move(farewell);
  i->second.slot.release();
  left_.push_back({connection, now + farewell_time});
}

void quic_door::expire(time_point now) {
  loop_.expire(now);
  while (!left_.empty() && left_.front().until <= now)
    ended(left_.front().connection);
}

std::optional<time_point> quic_door::next_wakeup(time_point now) const {
  auto result = loop_.next_wakeup(now);
  if (!left_.empty())
    result
        = result ? std::min(*result, left_.front().until) : left_.front().until;
  return result;
}

std::optional<udp_place> quic_door::place_of(uint64_t connection) const {
  auto i = entries_.find(connection);
  if (i == entries_.end())
    return std::nullopt;
  return i->second.where;
}

} // namespace troupe
