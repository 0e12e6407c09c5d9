// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "troupe/actors/node/option_info.hpp"
#include "troupe/messages/errc.hpp"

namespace troupe {

/// An option of a struct `Options`: what there is to know about it, and how to
/// get at its field. A program gives options of its own the same way.
template <class Options>
struct option_row : option_info {
  option_value (*get)(const Options& from) = nullptr;

  /// @param value has been checked.
  void (*set)(Options& to, const option_value& value) = nullptr;
};

/// A function that checks what `rows` say about each field.
/// @returns what `check_option` finds first.
template <class Options, class Rows>
failure check_rows(const Rows& rows, const Options& options) {
  for (const option_row<Options>& row : rows)
    if (auto bad = check_option(row, row.get(options)); bad.code != errc::none)
      return bad;
  return {};
}

namespace detail {

// Between a field and what its option can be.

inline option_value to_option(const std::string& x) {
  return x;
}

inline option_value to_option(const std::vector<std::string>& x) {
  return x;
}

inline option_value to_option(duration x) {
  return x;
}

template <class T>
requires std::same_as<T, bool> || std::same_as<T, double>
    option_value to_option(T x) {
  return x;
}

template <std::unsigned_integral T>
requires(!std::same_as<T, bool>) option_value to_option(T x) {
  return static_cast<uint64_t>(x);
}

/// An absence is a 0, whose meaning the row says.
template <std::unsigned_integral T>
option_value to_option(const std::optional<T>& x) {
  return static_cast<uint64_t>(x.value_or(0));
}

template <class T>
requires std::same_as<T, std::string> || std::same_as<
    T, std::vector<std::string>> || std::same_as<T, duration> || std::
    same_as<T, bool> || std::same_as<T, double>
void from_option(const option_value& value, T& x) {
  x = std::get<T>(value);
}

template <std::unsigned_integral T>
requires(!std::same_as<T, bool>) void from_option(const option_value& value,
                                                  T& x) {
  x = static_cast<T>(std::get<uint64_t>(value));
}

template <std::unsigned_integral T>
void from_option(const option_value& value, std::optional<T>& x) {
  const auto number = std::get<uint64_t>(value);
  x = number > 0 ? std::optional{static_cast<T>(number)} : std::nullopt;
}

} // namespace detail

/// Makes a row for a field, or a field of a field: `row_for<node_options,
/// &node_options::inbound, &inbound_limits::max_per_ip>({.name = ...})`. The
/// field's type needs `to_option` and `from_option`.
template <class Options, auto... Path>
option_row<Options> row_for(option_info info) {
  return {std::move(info),
          [](const Options& from) -> option_value {
            using detail::to_option;
            return to_option((from.*....*Path));
          },
          [](Options& to, const option_value& value) {
            using detail::from_option;
            from_option(value, (to.*....*Path));
          }};
}

} // namespace troupe
