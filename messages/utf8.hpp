// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace troupe {

/// Tells whether all of `text` is UTF-8 (RFC 3629): no overlong forms, no
/// surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

} // namespace troupe
