// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/home.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/commands.hpp"

namespace troupe::command {

namespace {

/// Where the operator keeps files.
std::string own_folder() {
  if (const auto* folder = std::getenv("HOME");
      folder != nullptr && *folder != '\0')
    return folder;
  const auto* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_dir : "~";
}

} // namespace

std::filesystem::path own_path(const std::string& text) {
  if (text != "~" && !text.starts_with("~/"))
    return text;
  return std::filesystem::path{own_folder()}
         / text.substr(std::min<size_t>(2, text.size()));
}

std::string home::key_warning() const {
  std::error_code problem;
  const auto mode = std::filesystem::status(key_file(), problem).permissions();
  using std::filesystem::perms;
  if (problem || (mode & (perms::group_all | perms::others_all)) == perms::none)
    return {};
  return fmt::format(
      "file {}: others than its owner may read or change the key "
      "of the node (mode {:04o}); chmod 600 mends that",
      troupe::quoted(key_file().native(), 256), static_cast<unsigned>(mode));
}

result<node_key> home::load_key() const {
  std::error_code ignored;
  // A link to nowhere is there.
  if (!std::filesystem::exists(
          std::filesystem::symlink_status(key_file(), ignored)))
    return {errc::file_error,
            fmt::format("no node key at {}; 'troupe init --home {}' makes one",
                        troupe::quoted(key_file().native(), 256),
                        folder.native())};
  return load_node_key(key_file());
}

std::optional<int> refuse_without_home(const std::string& folder) {
  if (folder.starts_with('~') && folder != "~" && !folder.starts_with("~/"))
    return complain(bad_usage,
                    fmt::format("option --home: {}: only ~ and ~/ are your own "
                                "folder; ./{} is a folder with that name",
                                troupe::quoted(folder, 256), folder));
  if (!folder.empty())
    return std::nullopt;
  return complain(bad_usage, "option --home is missing, folder that 'troupe "
                             "init' made");
}

} // namespace troupe::command
