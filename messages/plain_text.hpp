// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Cuts `text` after at most `size_max` bytes, with `...` behind what is left.
/// A character of UTF-8 stays whole or goes.
void cut_text(std::string& text, size_t size_max);

/// Makes text that may hold something of a remote's fit for a line of bounded
/// length: control characters become spaces, what is no UTF-8 becomes question
/// marks, and it is cut.
std::string plain_text(std::string_view text, size_t size_max);

} // namespace troupe
