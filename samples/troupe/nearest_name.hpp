// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// Returns the name that somebody meant who mistyped it: the one with the
/// fewest letters added, left out, replaced or swapped, if that is no more than
/// a third of them. Empty if none is near.
std::string_view nearest_name(std::string_view text,
                              const std::vector<std::string_view>& names);

/// Returns `; did you mean NAME?` for the end of a complaint, or nothing.
std::string did_you_mean(std::string_view text,
                         const std::vector<std::string_view>& names,
                         std::string_view prefix = {});

} // namespace troupe::command
