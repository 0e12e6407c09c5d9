// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Makes text that a remote peer chose safe for logs and error messages: puts
/// it in double quotes, puts a backslash before quotes and backslashes, writes
/// every byte that is not printable ASCII as `\xNN`, and cuts it after
/// `max_length` bytes of input with `...` behind the closing quote. Text that
/// quotes something can be quoted again, and a reader finds both ends.
std::string quoted(std::string_view text, size_t max_length = 64);

} // namespace troupe
