// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <google/protobuf/message.h>

#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>
#include <caf/unit.hpp>

#include "troupe/messages/blame.hpp"
#include "troupe/messages/payload.hpp"

// How `inbound_envelope::match` finds a handler, and what it says to those who
// wrote one that it cannot call.

namespace troupe::detail {

using google::protobuf::Message;

template <class R, class T>
T parameter_of(R (*)(T));

template <class F, class R, class T>
T parameter_of(R (F::*)(T));

template <class F, class R, class T>
T parameter_of(R (F::*)(T) const);

template <class F>
concept has_one_parameter = requires {
  parameter_of(&F::operator());
};

template <class F>
concept is_function = requires {
  parameter_of(std::declval<F>());
};

/// The parameter of a handler: that of a generic one is any message.
template <class F>
struct handler_parameter {
  static_assert(std::invocable<F&, const Message&>,
                "inbound_envelope::match: a handler takes one Protobuf "
                "message: [](const PingMessage& ping) { ... }");
  using type = const Message&;
};

template <has_one_parameter F>
struct handler_parameter<F> {
  using type = decltype(parameter_of(&F::operator()));
};

template <is_function F>
struct handler_parameter<F> {
  using type = decltype(parameter_of(std::declval<F>()));
};

template <class F>
using parameter_t = typename handler_parameter<std::decay_t<F>>::type;

/// The type of message that a handler takes.
template <class F>
using handled_t = std::remove_cvref_t<parameter_t<F>>;

template <class F>
inline constexpr bool takes_any = std::same_as<handled_t<F>, Message>;

template <class T>
inline constexpr bool is_shared
    = !std::is_reference_v<
          T> || std::is_same_v<T, const std::remove_cvref_t<T>&>;

template <class R>
inline constexpr bool is_response
    = std::is_void_v<R>
      || (std::convertible_to<R, caf::result<void>>
          // Their `none` would be an error without a code.
          && (!caf::is_error_code_enum_v<R> || std::same_as<R, blame>) )
      || std::same_as<R, caf::delegated<caf::message>>;

template <class F, class T>
caf::result<void> respond(F& handler, const T& message) {
  using answer = std::decay_t<std::invoke_result_t<F&, const T&>>;
  static_assert(is_response<answer>,
                "inbound_envelope::match: a handler returns nothing, a "
                "caf::result<void>, a troupe::blame, a caf::error or a promise "
                "of make_response_promise<void>()");
  if constexpr (std::is_void_v<answer>) {
    handler(message);
    return caf::unit;
  } else if constexpr (std::same_as<answer, caf::delegated<caf::message>>) {
    handler(message);
    return caf::delegated<void>{};
  } else if constexpr (std::same_as<answer, caf::error>) {
    auto problem = handler(message);
    return problem ? caf::result<void>{std::move(problem)} : caf::unit;
  } else if constexpr (is_response<answer>) {
    return handler(message);
  } else {
    return caf::unit;
  }
}

/// Whether a handler is done: there is neither an error nor a promise.
inline bool is_done(const caf::result<void>& outcome) {
  return holds_alternative<caf::message>(outcome.get_data());
}

/// Says that a message fits no handler.
caf::result<void> no_handler(const payload& message);

inline caf::result<void> match(const payload& message) {
  return no_handler(message);
}

template <class Handler, class... Others>
caf::result<void> match(const payload& message, Handler& handler,
                        Others&... others) {
  using type = handled_t<Handler>;
  static_assert(std::derived_from<type, Message>,
                "inbound_envelope::match: a handler takes one Protobuf "
                "message: [](const PingMessage& ping) { ... }");
  static_assert(is_shared<parameter_t<Handler>>,
                "inbound_envelope::match: messages are shared and so "
                "immutable: take `const PingMessage&`, or a copy by value");
  static_assert(!takes_any<Handler> || sizeof...(Others) == 0,
                "inbound_envelope::match: a handler for any message comes "
                "last, as nothing gets past it");
  if constexpr (takes_any<Handler>) {
    if (message)
      return respond(handler, *message);
  } else if (auto content = message.as<type>()) {
    return respond(handler, *content);
  }
  return match(message, others...);
}

} // namespace troupe::detail
