// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/tests/messages/questions.pb.h"

namespace troupe::test {

/// A channel of questions, most of which have keys.
inline channel_descriptor questions_channel(channel_id id) {
  return {.id = id,
          .exchanges = {{.request = "BlockQuestion",
                         .answer = "BlockAnswer",
                         .request_key = "height",
                         .answer_key = "head.height"},
                        {.request = "BlockQuestion",
                         .answer = "NoBlockAnswer",
                         .request_key = "height",
                         .answer_key = "height"},
                        {.request = "troupe.test.StatusQuestion",
                         .answer = "StatusAnswer"}}};
}

inline BlockQuestion block_question(int64_t height) {
  BlockQuestion result;
  result.set_height(height);
  return result;
}

inline BlockAnswer block_answer(int64_t height) {
  BlockAnswer result;
  result.mutable_head()->set_height(height);
  return result;
}

inline NoBlockAnswer no_block_answer(int32_t height) {
  NoBlockAnswer result;
  result.set_height(height);
  return result;
}

} // namespace troupe::test
