// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/samples/troupe/top/top_model.hpp"

namespace troupe::command {

/// A line of the screen.
struct top_line {
  enum class style : uint8_t { plain, head, selected, faint };

  std::string text;
  style look = style::plain;
};

/// Draws the screen: a summary, the peers with the selected one among them,
/// what is to be said of it, the latest events, and the keys.
/// @param title what stands first.
/// @returns at most `height` lines of at most `width` columns, all of it ASCII.
std::vector<top_line> draw(const top_model& model, const std::string& title,
                           size_t width, size_t height);

} // namespace troupe::command
