// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/payload.hpp"

#include <limits>

#include <google/protobuf/descriptor.h>

namespace troupe {

payload payload::copy_of(const google::protobuf::Message& message) {
  auto copy = std::shared_ptr<google::protobuf::Message>{message.New()};
  copy->CopyFrom(message);
  return payload{std::move(copy)};
}

std::string payload::type_name() const {
  return message_ ? message_->GetTypeName() : std::string{};
}

std::string payload::body() const {
  // Proto3 messages have no required fields that could be missing.
  return message_ ? message_->SerializePartialAsString() : std::string{};
}

bool payload::assign(const std::string& name, std::string_view body) {
  message_.reset();
  if (name.empty())
    return body.empty();
  using google::protobuf::DescriptorPool;
  using google::protobuf::MessageFactory;
  auto type = DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr || body.size() > std::numeric_limits<int>::max())
    return false;
  auto prototype = MessageFactory::generated_factory()->GetPrototype(type);
  auto message = std::shared_ptr<google::protobuf::Message>{prototype->New()};
  if (!message->ParseFromArray(body.data(), static_cast<int>(body.size())))
    return false;
  message_ = std::move(message);
  return true;
}

} // namespace troupe
