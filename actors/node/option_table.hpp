// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/node/option_row.hpp"

namespace troupe {

/// An option of a node.
using node_option = option_row<node_options>;

/// Returns all that can be chosen about a node with a word or a number, a row
/// each, in the order in which help and manuals have it. From here come the
/// check of `node_options`, the options of CAF's configuration (`add_options`),
/// and with the `troupe` command its help, its configuration file and the
/// reference. A new option is a field in `node_options`, and a row.
const std::vector<node_option>& option_table();

/// Parts of it, by what they are about.
std::vector<node_option> address_options();
std::vector<node_option> limit_options();
std::vector<node_option> traffic_options();

} // namespace troupe
