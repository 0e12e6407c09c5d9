// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/home.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
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

std::string name_of(uid_t user) {
  const auto* entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

} // namespace

std::filesystem::path own_path(const std::string& text) {
  if (text != "~" && !text.starts_with("~/"))
    return text;
  return std::filesystem::path{own_folder()}
         / text.substr(std::min<size_t>(2, text.size()));
}

bool is_missing(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type()
         == std::filesystem::file_type::not_found;
}

std::string home::owner_warning() const {
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0 || about.st_uid == ::geteuid())
    return {};
  const auto owner = name_of(about.st_uid);
  return fmt::format("folder {} is user {}'s, who cannot read what user {} has "
                     "made in it; chown -R {} mends that",
                     troupe::quoted(folder.native(), 256), owner,
                     name_of(::geteuid()), owner);
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
  if (is_missing(key_file()))
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
