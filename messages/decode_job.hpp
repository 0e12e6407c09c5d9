// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "troupe/messages/growing_bytes.hpp"

namespace troupe {

class wrapper;

/// A message that has to be decoded, on its way between actors of one process.
struct decode_job {
  std::shared_ptr<const wrapper> codec;
  growing_bytes body;
};

} // namespace troupe
