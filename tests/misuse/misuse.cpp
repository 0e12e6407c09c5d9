// SPDX-License-Identifier: Apache-2.0

// What nobody should write. Nothing here compiles; run.cmake checks that the
// compiler says each of the texts behind "says:".

#include <string>

#include "troupe/actors/node/node.hpp"
#include "troupe/proto/echo.pb.h"

using namespace troupe;

namespace {

// says: troupe::channel<T>: T has to be a Protobuf message
channel<std::string> no_message;

// says: no matching member function for call|no matching function for call
void text_instead_of_a_message(const channel<echo::EchoMessage>& wire) {
  wire.broadcast("hello");
}

// says: a handler takes one Protobuf message: [](const PingMessage& ping)
auto handler_of_text(const inbound_envelope& in) {
  return in.match([](const std::string&) {});
}

// says: a handler takes one Protobuf message: [](const PingMessage& ping)
auto handler_of_two(const inbound_envelope& in) {
  return in.match([](const node_id&, const echo::PingMessage&) {});
}

// says: messages are shared and so immutable: take `const PingMessage&`
auto handler_that_writes(const inbound_envelope& in) {
  return in.match([](echo::PingMessage& ping) { ping.clear_content(); });
}

// says: a handler for any message comes last, as nothing gets past it
auto handler_that_is_never_called(const inbound_envelope& in) {
  return in.match([](const auto&) {}, [](const echo::PingMessage&) {});
}

// says: a handler returns nothing, a caf::result<void>, a troupe::blame
auto answer_that_says_nothing(const inbound_envelope& in) {
  return in.match([](const echo::PingMessage&) { return true; });
}

// The value `none` would be an error without a code.
// says: a handler returns nothing, a caf::result<void>, a troupe::blame
auto answer_of_a_core(const inbound_envelope& in) {
  return in.match([](const echo::PingMessage&) { return errc::none; });
}

} // namespace
