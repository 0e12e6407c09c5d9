// SPDX-License-Identifier: Apache-2.0

// Messages of reactors: what is let through takes no more memory than was said
// before, for types with all that Protobuf has.
#include "troupe/messages/wrapper.hpp"

#include <type_traits>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/stubs/logging.h>

#include "fuzz.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"
#include "troupe/proto/raw.pb.h"

namespace troupe::fuzz {

namespace {

template <class T>
void look_at(byte_view body) {
  static const wrapper codec{T::default_instance(),
                             decode_limits{.allowance = 4096}};
  auto size = codec.weigh(body);
  if (!size)
    return;
  if (!std::is_same_v<T, RawMessage>) {
    T message;
    if (message.ParseFromArray(body.data(), static_cast<int>(body.size())))
      require(message.SpaceUsedLong() <= *size, "the bound is one");
  }
  auto content = codec.unmarshal(body);
  if (!content)
    return;
  auto again = codec.marshal(**content);
  require(again.has_value(), "what was decoded can be sent");
}

} // namespace

void run(byte_view input) {
  // Protobuf complains of text that is not UTF-8.
  static const google::protobuf::LogSilencer quiet;
  draws from{input};
  const auto which = from.octet() % 5;
  const auto body = from.rest();
  switch (which) {
    case 0:
      look_at<echo::EchoMessage>(body);
      break;
    case 1:
      look_at<p2p::PexMessage>(body);
      break;
    case 2:
      look_at<RawMessage>(body);
      break;
    case 3:
      look_at<google::protobuf::Struct>(body);
      break;
    default:
      look_at<google::protobuf::FileDescriptorProto>(body);
  }
}

} // namespace troupe::fuzz
