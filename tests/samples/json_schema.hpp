// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace troupe::test {

/// Checks a document against a JSON schema, as far as schemas of ours go:
/// `type`, `const`, `enum`, `properties`, `required`, `additionalProperties:
/// false`, `items`, lengths, minima, and `$ref` to `$defs`. A keyword that is
/// not known is a problem: nobody shall think that it is checked.
/// @returns what is wrong, a line each; at most ten.
std::vector<std::string> schema_problems(const nlohmann::json& schema,
                                         const nlohmann::json& document);

} // namespace troupe::test
