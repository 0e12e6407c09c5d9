// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include "troupe/messages/channel_descriptor.hpp"

namespace troupe {

/// Something for each channel of a connection, in the order of their numbers.
/// All of it is one block of memory: a `std::map` would take one for each, and
/// a node has thousands of connections.
template <class T>
class channel_map {
public:
  using value_type = std::pair<channel_id, T>;
  using iterator = typename std::vector<value_type>::iterator;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  /// Takes memory for that many, and no more.
  void reserve(size_t count) {
    content_.reserve(count);
  }

  /// Adds something, unless there is something for that channel.
  /// @returns what there is now; until the next call that adds or removes.
  T& emplace(channel_id id, T what) {
    auto i = place(content_, id);
    if (i == content_.end() || i->first != id)
      i = content_.emplace(i, id, std::move(what));
    return i->second;
  }

  /// Removes all for which `idle` holds but one, and what memory was set aside
  /// for more. Whoever uses one channel at a time keeps what there is for it.
  template <class Predicate>
  void trim(Predicate idle) {
    for (auto i = content_.begin(); content_.size() > 1 && i != content_.end();)
      i = idle(i->second) ? content_.erase(i) : std::next(i);
    if (content_.size() == 1 && content_.capacity() > 2)
      content_.shrink_to_fit();
  }

  /// Returns `end()` if there is nothing.
  [[nodiscard]] iterator find(channel_id id) {
    auto i = place(content_, id);
    return i != content_.end() && i->first == id ? i : content_.end();
  }

  [[nodiscard]] const_iterator find(channel_id id) const {
    auto i = place(content_, id);
    return i != content_.end() && i->first == id ? i : content_.end();
  }

  /// Throws `std::out_of_range` if there is nothing.
  [[nodiscard]] T& at(channel_id id) {
    auto i = find(id);
    if (i == content_.end())
      throw std::out_of_range{"channel_map::at"};
    return i->second;
  }

  [[nodiscard]] const T& at(channel_id id) const {
    auto i = find(id);
    if (i == content_.end())
      throw std::out_of_range{"channel_map::at"};
    return i->second;
  }

  [[nodiscard]] size_t size() const noexcept {
    return content_.size();
  }

  [[nodiscard]] iterator begin() noexcept {
    return content_.begin();
  }

  [[nodiscard]] iterator end() noexcept {
    return content_.end();
  }

  [[nodiscard]] const_iterator begin() const noexcept {
    return content_.begin();
  }

  [[nodiscard]] const_iterator end() const noexcept {
    return content_.end();
  }

private:
  template <class Content>
  static auto place(Content& content, channel_id id) {
    return std::lower_bound(
        content.begin(), content.end(), id,
        [](const value_type& x, channel_id y) { return x.first < y; });
  }

  std::vector<value_type> content_;
};

} // namespace troupe
