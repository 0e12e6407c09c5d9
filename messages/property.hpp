// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe {

/// Something that holds in all runs, or should hold in some, by its name: what
/// `always`, `sometimes` and `reachable` are about. Each of them in a program
/// is known from its start on, whether it is ever come across or not.
class property {
public:
  enum class kind : uint8_t {
    /// Holds each time that the program comes across it.
    always,
    /// Holds at least once in many runs.
    sometimes,
    /// The program comes across it at least once in many runs.
    reachable,
  };

  /// Adds it to those that there are. @param text has to live on.
  property(kind what, const char* text) noexcept;

  property(const property&) = delete;

  property& operator=(const property&) = delete;

  [[nodiscard]] kind what() const {
    return kind_;
  }

  [[nodiscard]] std::string_view text() const {
    return text_;
  }

  /// Counts from 0 without a gap, in an order that means nothing.
  [[nodiscard]] size_t number() const {
    return number_;
  }

  /// All that there are, by number.
  [[nodiscard]] static std::vector<const property*> all();

private:
  kind kind_;
  std::string_view text_;
  size_t number_;
  const property* next_;
};

/// Learns what a program comes across, in threads that have a
/// `property_watch_scope` for it. As long as there is none in the process,
/// properties cost one relaxed load.
class property_watch {
public:
  property_watch() noexcept;

  property_watch(const property_watch&) = delete;

  property_watch& operator=(const property_watch&) = delete;

  virtual ~property_watch();

  /// The program came across a property, which holds or does not.
  virtual void met(const property& which, bool holds) = 0;
};

/// While this lives, a watch learns what the current thread comes across.
class property_watch_scope {
public:
  explicit property_watch_scope(property_watch& watch) noexcept;

  property_watch_scope(const property_watch_scope&) = delete;

  property_watch_scope& operator=(const property_watch_scope&) = delete;

  ~property_watch_scope();

private:
  property_watch* previous_;
};

/// A name, as an argument of a template.
template <size_t Size>
struct property_text {
  // A literal becomes one by itself: that is what it is for.
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval property_text(const char (&text)[Size]) {
    std::copy_n(text, Size, value);
  }

  char value[Size] = {};
};

namespace detail {

extern std::atomic<uint32_t> property_watches;

/// One for each name, made before `main`.
template <property::kind Kind, property_text Text>
inline const property known_property{Kind, Text.value};

void tell_property(const property& which, bool holds);

template <property::kind Kind, property_text Text>
void meet_property(bool holds) {
  if (property_watches.load(std::memory_order_relaxed) != 0) [[unlikely]]
    tell_property(known_property<Kind, Text>, holds);
}

} // namespace detail

/// Says that a condition holds each time. If it does not, a simulation fails;
/// in production nothing happens.
///
///     always<"a vote is counted once">(votes.insert(id).second);
template <property_text Text>
void always(bool condition) {
  detail::meet_property<property::kind::always, Text>(condition);
}

/// Says that a condition should hold now and then: a simulation of many seeds
/// tells if it never did.
///
///     sometimes<"more than one block is on its way">(pending.size() > 1);
template <property_text Text>
void sometimes(bool condition) {
  detail::meet_property<property::kind::sometimes, Text>(condition);
}

/// Says that the program should come by here now and then.
///
///     reachable<"a vote comes before its block">();
template <property_text Text>
void reachable() {
  detail::meet_property<property::kind::reachable, Text>(true);
}

} // namespace troupe
