// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "troupe/messages/errc.hpp"

namespace troupe::command {

/// Says what keeps `path` from being written by `replace_file`, as far as that
/// shows beforehand; `none` if nothing does.
failure check_replaceable(const std::filesystem::path& path);

/// Writes a file, or replaces the one that is there: whoever opens it finds all
/// of the old content or all of the new one, and a process that is killed
/// meanwhile leaves the old one, and perhaps a draft, `.NAME.NUMBER`, beside
/// it.
/// @returns `file_error`, the context names the file; `none` on success.
failure replace_file(const std::filesystem::path& path,
                     std::string_view content);

} // namespace troupe::command
