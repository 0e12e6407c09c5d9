// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// Reads a regular file, links followed, of at most `size_max` bytes.
/// @returns `file_error`; the context names `path` and what is wrong.
result<std::string> read_whole_file(const std::filesystem::path& path,
                                    size_t size_max);

/// Writes a file that only its owner may read (mode 0600). What has that name
/// already is never touched. The file gets its name once its content has
/// reached the disk: there is no moment at which half of it stands there. Who
/// kills the process meanwhile may find a draft, `.NAME.XXXXXX`, beside it.
/// @returns `file_error`, whose context names `path`; `none` on success.
failure write_new_file(const std::filesystem::path& path,
                       std::string_view content);

/// Makes a folder that only its owner may use (mode 0700), and those above it
/// as usual. What exists stays as it is.
/// @param made becomes true if there was no such folder.
/// @returns the reason if there is none now.
std::error_code make_private_folder(const std::filesystem::path& path,
                                    bool* made = nullptr);

} // namespace troupe
