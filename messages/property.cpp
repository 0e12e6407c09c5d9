// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/property.hpp"

#include <utility>

namespace troupe {

namespace {

/// Properties are made before `main`, in one thread, and in any order with
/// other objects: what they need is there from the beginning.
constinit const property* newest = nullptr;
constinit size_t properties = 0;

constinit thread_local property_watch* watching = nullptr;

} // namespace

namespace detail {

constinit std::atomic<uint32_t> property_watches = 0;

void tell_property(const property& which, bool holds) {
  if (watching != nullptr)
    watching->met(which, holds);
}

} // namespace detail

property::property(kind what, const char* text) noexcept
  : kind_(what),
    text_(text),
    number_(properties++),
    next_(std::exchange(newest, this)) {
  // nop
}

std::vector<const property*> property::all() {
  std::vector<const property*> result;
  for (const auto* i = newest; i != nullptr; i = i->next_)
    result.push_back(i);
  std::reverse(result.begin(), result.end());
  return result;
}

property_watch::property_watch() noexcept {
  detail::property_watches.fetch_add(1, std::memory_order_relaxed);
}

property_watch::~property_watch() {
  detail::property_watches.fetch_sub(1, std::memory_order_relaxed);
}

property_watch_scope::property_watch_scope(property_watch& watch) noexcept
  : previous_(std::exchange(watching, &watch)) {
  // nop
}

property_watch_scope::~property_watch_scope() {
  watching = previous_;
}

} // namespace troupe
