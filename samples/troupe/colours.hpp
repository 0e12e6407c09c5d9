// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace troupe::command {

/// What a colour says.
enum class colour : unsigned char { good, bad, faint };

/// Whether lines for humans on a descriptor have colours: on a terminal that
/// can show them, unless NO_COLOR says no; elsewhere only if CLICOLOR_FORCE
/// says so.
bool wants_colours(int descriptor);

/// Puts text between the sequences that colour it.
std::string paint(colour how, std::string_view text);

} // namespace troupe::command
