// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "troupe/messages/errc.hpp"

namespace troupe {

/// Either a value or the reason why there is none. What cores return where a
/// caller needs both a code and a sentence for a human.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}

  result(failure reason) : content_(std::in_place_index<1>, std::move(reason)) {
    assert(std::get<1>(content_).code != errc::none);
  }

  result(errc code, std::string context = {})
    : result(failure{code, std::move(context)}) {}

  explicit operator bool() const noexcept {
    return content_.index() == 0;
  }

  [[nodiscard]] bool has_value() const noexcept {
    return content_.index() == 0;
  }

  T& operator*() & {
    return std::get<0>(content_);
  }

  const T& operator*() const& {
    return std::get<0>(content_);
  }

  T&& operator*() && {
    return std::get<0>(std::move(content_));
  }

  T* operator->() {
    return &std::get<0>(content_);
  }

  const T* operator->() const {
    return &std::get<0>(content_);
  }

  /// The reason. Requires that there is no value.
  [[nodiscard]] const failure& error() const {
    return std::get<1>(content_);
  }

  /// The code of the reason, `errc::none` if there is a value.
  [[nodiscard]] errc code() const noexcept {
    return has_value() ? errc::none : std::get_if<1>(&content_)->code;
  }

private:
  std::variant<T, failure> content_;
};

} // namespace troupe
