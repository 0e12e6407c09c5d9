// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace troupe {

/// A request as an HTTP server hands it over, within the server's limits.
struct http_request {
  /// In upper case, as it stands in the request.
  std::string method = "GET";

  /// Path and query, as they stand in the request: `/peers?limit=10`.
  std::string target = "/";

  std::string body = {};
};

/// What a client gets for a request.
struct http_response {
  unsigned status = 200;

  std::string body = {};

  std::string type = "application/json";

  /// The methods that there are, with a 405.
  std::string allow = {};
};

} // namespace troupe
