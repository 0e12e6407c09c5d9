// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace troupe::command {

// Each of these prints a part of what a node answers, see README.md of
// `actors/operator`, and throws `nlohmann::json::exception` if it is none.

/// Prints a peer to standard output: a line with an indented one for each
/// address, or a JSON object on a line.
void print_peer(const nlohmann::ordered_json& peer, bool json);

/// Prints limits: a line each, or a JSON object on a line. No limit is `none`
/// or null.
void print_limits(const nlohmann::ordered_json& limits, bool json);

/// Puts text that others may have chosen into quotes, with the escapes of JSON,
/// in ASCII; `...` stands for what is longer.
std::string in_quotes(const std::string& text);

} // namespace troupe::command
