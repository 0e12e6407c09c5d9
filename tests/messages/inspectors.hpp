// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace troupe::test {

/// Stands in for CAF's inspectors where only one value of type `Value` is
/// written or read, so that the core library's tests need no CAF.
template <class Value, bool HumanReadable, bool IsLoading>
struct value_inspector {
  Value value = {};

  [[nodiscard]] bool has_human_readable_format() const {
    return HumanReadable;
  }

  template <class Get, class Set>
  bool apply(Get&& get, Set&& set) {
    if constexpr (!std::is_same_v<std::decay_t<decltype(get())>, Value>) {
      return false; // The type asked for the other format.
    } else if constexpr (IsLoading) {
      return set(Value{value});
    } else {
      value = get();
      return true;
    }
  }
};

template <class T>
std::string written_text(const T& x) {
  value_inspector<std::string, true, false> f;
  auto copy = x;
  return inspect(f, copy) ? f.value : "failed";
}

template <class T>
bool read_text(T& x, std::string_view text) {
  value_inspector<std::string, true, true> f{std::string{text}};
  return inspect(f, x);
}

template <size_t N, class T>
std::array<uint8_t, N> written_octets(const T& x) {
  value_inspector<std::array<uint8_t, N>, false, false> f;
  auto copy = x;
  inspect(f, copy);
  return f.value;
}

template <class T, size_t N>
bool read_octets(T& x, const std::array<uint8_t, N>& octets) {
  value_inspector<std::array<uint8_t, N>, false, true> f{octets};
  return inspect(f, x);
}

} // namespace troupe::test
