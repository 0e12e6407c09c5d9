// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "troupe/messages/wrapper.hpp"
#include "troupe/proto/raw.pb.h"

using namespace troupe;

SCENARIO("a channel of RawMessage carries bytes as they are") {
  const wrapper codec{RawMessage::default_instance()};
  CHECK_FALSE(codec.wraps());
  // None of these is a Protobuf message with a body.
  for (const auto& text : {std::string{}, std::string{"\xff\xff\xff", 3},
                           std::string{"\0\0", 2}, std::string(70'000, 'x')}) {
    CAPTURE(text.size());
    auto in = codec.unmarshal(std::as_bytes(std::span{text}));
    REQUIRE(in);
    REQUIRE(in->as<RawMessage>() != nullptr);
    CHECK(in->as<RawMessage>()->body() == text);
    auto out = codec.marshal(**in);
    REQUIRE(out);
    CHECK(std::string{reinterpret_cast<const char*>(out->data()), out->size()}
          == text);
  }
}
