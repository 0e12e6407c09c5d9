// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/peerstore/store/sqlite_database.hpp"
#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

/// Reads the secret of the book, if there is one. What cannot be one is left
/// out, and `problems` told about it.
failure read_secret(sqlite_database& db, std::string& out,
                    problem_list& problems);

/// Replaces the secret of the book by one that `is_stored_secret`.
failure write_secret(sqlite_database& db, const std::string& secret);

} // namespace troupe
