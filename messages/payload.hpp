// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <google/protobuf/message.h>

#include "troupe/messages/content_field.hpp"

namespace troupe {

/// A Protobuf message of any type on its way between actors. The message is
/// immutable, and copies share it.
///
/// Between processes it travels as type name and body; the receiving program
/// has to have the type linked in.
class payload {
public:
  /// Constructs an empty payload.
  payload() = default;

  explicit payload(std::shared_ptr<const google::protobuf::Message> message)
    : message_(std::move(message)) {}

  /// Copies `message`.
  static payload copy_of(const google::protobuf::Message& message);

  explicit operator bool() const noexcept {
    return message_ != nullptr;
  }

  [[nodiscard]] const google::protobuf::Message* get() const noexcept {
    return message_.get();
  }

  const google::protobuf::Message* operator->() const noexcept {
    return message_.get();
  }

  const google::protobuf::Message& operator*() const noexcept {
    return *message_;
  }

  /// Returns the message if it is a `T`, otherwise null.
  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    if (const auto* any = message_.get(); any != nullptr)
      if (const auto& message = *any; typeid(message) == typeid(T))
        return static_cast<const T*>(any);
    return nullptr;
  }

  /// Full name of the type, empty if there is no message.
  [[nodiscard]] std::string type_name() const;

  /// The encoded message.
  [[nodiscard]] std::string body() const;

  /// Decodes a message of the type `name`.
  /// @returns `false` if this program has no such type or `body` is malformed.
  bool assign(const std::string& name, std::string_view body);

private:
  std::shared_ptr<const google::protobuf::Message> message_;
};

template <class Inspector>
bool inspect(Inspector& f, payload& x) {
  auto name = x.type_name();
  std::string body;
  if constexpr (!Inspector::is_loading)
    body = x.body();
  content_field content{body};
  if (!f.object(x).fields(f.field("type", name), f.field("body", content)))
    return false;
  if constexpr (Inspector::is_loading)
    return x.assign(name, body);
  else
    return true;
}

} // namespace troupe
