// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "troupe/actors/qos/node_pool.hpp"
#include "troupe/actors/qos/qos_options.hpp"
#include "troupe/actors/qos/qos_policy.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Why an element was shed.
enum class qos_loss : uint8_t {
  /// There was no room, for it or for another.
  full,
  /// A newer one of the same key took its place.
  replaced,
  /// It had waited for too long.
  expired,
};

/// Returns the name as it stands in the source.
inline std::string to_string(qos_loss x) {
  constexpr const char* names[] = {"full", "replaced", "expired"};
  auto index = static_cast<size_t>(x);
  return index < std::size(names) ? names[index] : "unknown";
}

/// Elements that wait in flows, each with a weight and bounds; a policy decides
/// whose turn it is. Within a flow elements keep their order. What goes in
/// comes out, is shed and handed over by `take_shed`, or is still held.
///
/// Costs are in bytes, and 0 counts as 1. A flow exists while it holds
/// something, so that idle ones take no memory. No call takes longer with more
/// flows than by the logarithm of their number.
template <class Key, class T>
class qos_queue {
public:
  /// An element that will not come out.
  struct loss {
    Key flow;
    T element;
    size_t cost;
    qos_loss why;
  };

  /// @throws std::invalid_argument if there is no such policy.
  explicit qos_queue(const qos_options& options)
    : options_(options),
      policy_(make_qos_policy(options.policy,
                              std::max<size_t>(options.quantum, 1))) {
    if (policy_ == nullptr)
      throw std::invalid_argument("no QoS policy is called " + options.policy);
  }

  // -- in and out -------------------------------------------------------------

  /// Takes an element for the flow `to`, which gets `limits` if it holds
  /// nothing yet.
  /// @param key if not empty, an element of the same flow and key that still
  ///            waits is shed, and this one has its place.
  /// @returns `queue_full` if the flow refuses it, and `element` is as it was;
  ///          `none` if it was taken or shed.
  [[nodiscard]] errc push(const Key& to, const qos_flow_options& limits,
                          T&& element, size_t cost, time_point now,
                          std::string key = {}) {
    auto [i, fresh] = flows_.try_emplace(to, to, limits, nodes_);
    auto& target = i->second;
    if (fresh)
      target.held_back = held_back_.count(to) > 0;
    auto what = entry{std::move(element), std::max<size_t>(cost, 1), 0,
                      due(target.limits, now), std::move(key)};
    auto result = errc::none;
    if (place(target, what, now)) {
      note(target);
    } else if (target.limits.on_full == qos_shed::refuse) {
      element = std::move(what.element);
      result = errc::queue_full;
    } else {
      shed_.push_back({to, std::move(what.element), what.cost, qos_loss::full});
    }
    if (target.entries.empty())
      flows_.erase(i);
    return result;
  }

  /// Returns the element whose turn it is, or nothing if none is left, or none
  /// that is not held back.
  [[nodiscard]] std::optional<T> take(time_point now) {
    while (auto* next = policy_->next()) {
      auto& from = static_cast<flow&>(*next);
      if (from.entries.front().due <= now) {
        shed(from, from.entries.begin(), qos_loss::expired);
        finish(from);
        continue;
      }
      policy_->serve(from);
      auto result = remove(from, from.entries.begin());
      finish(from);
      return std::optional<T>{std::move(result.element)};
    }
    return std::nullopt;
  }

  /// Whether a flow holds something that `take` may return.
  [[nodiscard]] bool ready() {
    return policy_->next() != nullptr;
  }

  /// Keeps `take` from the elements of a flow, those to come among them, until
  /// that is undone. They stay subject to all bounds.
  void hold_back(const Key& which, bool yes) {
    if (yes)
      held_back_.insert(which);
    else
      held_back_.erase(which);
    if (auto i = flows_.find(which); i != flows_.end()) {
      i->second.held_back = yes;
      note(i->second);
    }
  }

  /// Undoes that for all flows.
  void release_all() {
    for (const auto& which : std::exchange(held_back_, {}))
      hold_back(which, false);
  }

  /// Takes out the elements of a flow for which `chosen` holds, in their order.
  /// Looks at all of that flow.
  template <class Predicate>
  [[nodiscard]] std::vector<T> take_if(const Key& from, Predicate chosen) {
    std::vector<T> result;
    auto i = flows_.find(from);
    if (i == flows_.end())
      return result;
    auto& source = i->second;
    for (auto next = source.entries.begin(); next != source.entries.end();) {
      auto here = next++;
      if (chosen(std::as_const(here->element)))
        result.push_back(std::move(remove(source, here).element));
    }
    finish(source);
    return result;
  }

  /// Returns what was shed since the last call, in that order.
  [[nodiscard]] std::vector<loss> take_shed() {
    return std::exchange(shed_, {});
  }

  // -- what is held -----------------------------------------------------------

  [[nodiscard]] bool empty() const noexcept {
    return messages_ == 0;
  }

  [[nodiscard]] size_t messages() const noexcept {
    return messages_;
  }

  /// Cost of all that waits.
  [[nodiscard]] size_t bytes() const noexcept {
    return bytes_;
  }

  /// Cost of what a flow holds.
  [[nodiscard]] size_t bytes(const Key& which) const {
    auto i = flows_.find(which);
    return i == flows_.end() ? 0 : i->second.held;
  }

  /// Whether a flow holds something.
  [[nodiscard]] bool holds(const Key& which) const {
    return flows_.count(which) > 0;
  }

  /// Number of flows that hold something.
  [[nodiscard]] size_t flows() const noexcept {
    return flows_.size();
  }

private:
  struct entry {
    T element;
    size_t cost;
    uint64_t number;
    time_point due;
    std::string key;
  };

  using entry_list = std::list<entry, pool_allocator<entry>>;
  using position = typename entry_list::iterator;

  struct flow : qos_flow {
    flow(const Key& its_name, const qos_flow_options& its_limits,
         node_pool& nodes)
      : name(its_name),
        limits(its_limits),
        entries(pool_allocator<entry>{nodes}) {
      weight = std::max<uint32_t>(limits.weight, 1);
      sheddable = limits.on_full != qos_shed::refuse;
    }

    Key name;
    qos_flow_options limits;
    entry_list entries;
    std::map<std::string, position> keys = {};
    /// No element is due earlier.
    time_point first_due = time_point::max();
  };

  static time_point due(const qos_flow_options& limits, time_point now) {
    const auto most = time_point::max() - now;
    return now + std::min(limits.expires_after.value_or(most), most);
  }

  // -- room -------------------------------------------------------------------

  /// Whether so much would be within the bounds of a flow. Whatever is alone
  /// is.
  static bool fits(const flow& in, size_t bytes, size_t messages) {
    return messages <= 1
           || (bytes <= in.limits.bytes_max
               && messages <= in.limits.messages_max);
  }

  [[nodiscard]] bool fits(size_t bytes, size_t messages) const {
    return messages <= 1
           || (bytes <= options_.bytes_max
               && messages <= options_.messages_max);
  }

  [[nodiscard]] bool has_room(const flow& in, size_t cost) const {
    return fits(in, in.held + cost, in.entries.size() + 1)
           && fits(bytes_ + cost, messages_ + 1);
  }

  /// What has to go before a cost fits into the queue.
  [[nodiscard]] size_t excess(size_t cost) const {
    return bytes_ + cost - std::min(bytes_ + cost, options_.bytes_max);
  }

  /// Whether shedding by the rules makes room: nothing is shed in vain.
  [[nodiscard]] bool can_make_room(const flow& in, size_t cost) const {
    const auto oldest = in.limits.on_full == qos_shed::oldest;
    if (!oldest && !fits(in, in.held + cost, in.entries.size() + 1))
      return false;
    return fits(bytes_ + cost, messages_ + 1)
           || policy_->victim(in, cost, excess(cost)) != nullptr
           || (oldest && !in.entries.empty()
               && (in.held >= excess(cost) || in.entries.size() == messages_));
  }

  void make_room(flow& in, size_t cost) {
    while (!fits(in, in.held + cost, in.entries.size() + 1))
      shed_one(in);
    note(in);
    while (!fits(bytes_ + cost, messages_ + 1)) {
      auto other = policy_->victim(in, cost, excess(cost));
      auto& from = other != nullptr ? static_cast<flow&>(*other) : in;
      do
        shed_one(from);
      while (!from.entries.empty() && !fits(bytes_ + cost, messages_ + 1));
      if (&from == &in)
        note(in);
      else
        finish(from);
    }
  }

  void shed_one(flow& from) {
    shed(from,
         from.limits.on_full == qos_shed::oldest
             ? from.entries.begin()
             : std::prev(from.entries.end()),
         qos_loss::full);
  }

  /// Sheds all that is due. Looks at every element, but not before one of them
  /// was due.
  void expire(flow& in, time_point now) {
    if (now < in.first_due)
      return;
    in.first_due = time_point::max();
    for (auto i = in.entries.begin(); i != in.entries.end();) {
      auto here = i++;
      if (here->due <= now)
        shed(in, here, qos_loss::expired);
      else
        in.first_due = std::min(in.first_due, here->due);
    }
  }

  // -- entries ----------------------------------------------------------------

  /// @returns whether the flow holds it now; if not, the element is as it was.
  bool place(flow& in, entry& what, time_point now) {
    if (!what.key.empty())
      if (auto i = in.keys.find(what.key); i != in.keys.end())
        return replace(in, i->second, what, now);
    return append(in, what, now);
  }

  bool append(flow& in, entry& what, time_point now) {
    if (!has_room(in, what.cost)) {
      expire(in, now);
      note(in);
      if (!can_make_room(in, what.cost))
        return false;
      make_room(in, what.cost);
    }
    what.number = ++arrivals_;
    in.held += what.cost;
    bytes_ += what.cost;
    ++messages_;
    in.first_due = std::min(in.first_due, what.due);
    in.entries.push_back(std::move(what));
    if (auto& key = in.entries.back().key; !key.empty())
      in.keys[key] = std::prev(in.entries.end());
    return true;
  }

  /// The newer one has the place of the older, so that whoever updates often
  /// is not overtaken for ever.
  bool replace(flow& in, position where, entry& what, time_point now) {
    const auto held = in.held - where->cost + what.cost;
    if (fits(in, held, in.entries.size())
        && fits(bytes_ - where->cost + what.cost, messages_)) {
      what.number = where->number;
      bytes_ = bytes_ - where->cost + what.cost;
      in.held = held;
      in.first_due = std::min(in.first_due, what.due);
      std::swap(*where, what);
      shed_.push_back(
          {in.name, std::move(what.element), what.cost, qos_loss::replaced});
      return true;
    }
    if (in.limits.on_full == qos_shed::refuse)
      return false;
    // It needs more room than the older one leaves.
    shed(in, where, qos_loss::replaced);
    return append(in, what, now);
  }

  entry remove(flow& from, position where) {
    auto result = std::move(*where);
    if (!result.key.empty())
      from.keys.erase(result.key);
    from.entries.erase(where);
    from.held -= result.cost;
    bytes_ -= result.cost;
    --messages_;
    return result;
  }

  void shed(flow& from, position where, qos_loss why) {
    auto what = remove(from, where);
    shed_.push_back({from.name, std::move(what.element), what.cost, why});
  }

  /// Tells the policy what a flow holds now.
  void note(flow& who) {
    if (!who.entries.empty()) {
      who.head_cost = who.entries.front().cost;
      who.head_number = who.entries.front().number;
      policy_->update(who);
    } else if (who.turn != 0 || who.rank != 0) {
      policy_->remove(who);
    }
  }

  /// The same, and ends a flow that holds nothing.
  void finish(flow& who) {
    note(who);
    if (who.entries.empty())
      flows_.erase(Key{who.name});
  }

  qos_options options_;
  std::unique_ptr<qos_policy> policy_;
  node_pool nodes_; // Of the entries of all flows.
  std::map<Key, flow> flows_;
  std::set<Key> held_back_;
  std::vector<loss> shed_;
  uint64_t arrivals_ = 0;
  size_t bytes_ = 0;
  size_t messages_ = 0;
};

} // namespace troupe
