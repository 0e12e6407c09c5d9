// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/secret_array.hpp"

#include <botan/mem_ops.h>

namespace troupe {

void scrub(byte_span data) noexcept {
  if (!data.empty())
    Botan::secure_scrub_memory(data.data(), data.size());
}

} // namespace troupe
