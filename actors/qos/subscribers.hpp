// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/error.hpp>
#include <caf/send.hpp>
#include <caf/timespan.hpp>

#include "troupe/actors/qos/bounded_feed.hpp"

namespace troupe {

/// The actors that hear from one actor of everything that happens, each through
/// a `bounded_feed`. An answer to what was sent, whatever it is, makes room for
/// more.
///
/// @tparam T see `bounded_feed`; an actor that gets it answers nothing.
/// @tparam Pointer points to the actor that publishes. Its state holds this,
/// and
///                 calls `remove` from its handler for down messages.
template <class T, class Pointer>
class subscribers {
public:
  /// Whether a subscriber wants to hear of something. Empty: of everything.
  using filter = std::function<bool(const T&)>;

  explicit subscribers(Pointer self) : self_(self) {}

  subscribers(const subscribers&) = delete;

  subscribers& operator=(const subscribers&) = delete;

  /// Sends what still waits, and takes all monitors back: who subscribed may
  /// live longer.
  ~subscribers() {
    for (auto& x : list_) {
      for (auto& item : x.feed.take_rest())
        caf::anon_send(x.who, std::move(item));
      self_->demonitor(x.who);
    }
  }

  /// Adds `who`, or lets it begin anew with another filter, and sends `first`
  /// before anything else. Watches over `who`.
  void add(const caf::actor& who, filter wants, std::vector<T> first) {
    auto i = find(who.address());
    if (i == list_.end()) {
      self_->monitor(who);
      i = list_.emplace(list_.end());
    }
    *i = {who, std::move(wants), {}, ++last_number_};
    for (auto& item : first)
      push(*i, std::move(item));
    deliver(*i);
  }

  [[nodiscard]] bool contains(const caf::actor_addr& who) const {
    return std::any_of(list_.begin(), list_.end(), [&who](const auto& x) {
      return x.who.address() == who;
    });
  }

  /// Forgets a subscriber that ended.
  void remove(const caf::actor_addr& who) {
    std::erase_if(list_,
                  [&who](const auto& x) { return x.who.address() == who; });
  }

  /// Forgets a subscriber that lives on.
  void dismiss(const caf::actor& who) {
    if (!contains(who.address()))
      return;
    self_->demonitor(who);
    remove(who.address());
  }

  /// Forgets what waits for a subscriber, if `who` is one.
  void clear(const caf::actor_addr& who) {
    if (auto i = find(who); i != list_.end())
      i->feed.clear();
  }

  void publish(const T& item) {
    for (auto& x : list_) {
      push(x, item);
      deliver(x);
    }
  }

private:
  struct subscription {
    caf::actor who;
    filter wants;
    bounded_feed<T> feed;
    /// An answer may come after its subscriber began anew.
    uint64_t number;
  };

  auto find(const caf::actor_addr& who) {
    return std::find_if(list_.begin(), list_.end(), [&who](const auto& x) {
      return x.who.address() == who;
    });
  }

  void push(subscription& x, T item) {
    if (!x.wants || x.wants(item))
      x.feed.push(std::move(item));
  }

  void deliver(subscription& x) {
    for (auto& item : x.feed.take()) {
      auto handled = [this, number = x.number] { make_room(number); };
      self_->request(x.who, caf::infinite, std::move(item))
          .then([handled] { handled(); },
                [handled](const caf::error&) { handled(); });
    }
  }

  void make_room(uint64_t number) {
    auto i = std::find_if(list_.begin(), list_.end(), [number](const auto& x) {
      return x.number == number;
    });
    if (i == list_.end())
      return;
    i->feed.handled();
    deliver(*i);
  }

  Pointer self_;
  std::vector<subscription> list_;
  uint64_t last_number_ = 0;
};

} // namespace troupe
