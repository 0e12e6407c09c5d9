// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/replaced_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

namespace fs = std::filesystem;

failure refuse(const fs::path& path, std::string_view why) {
  return {errc::file_error,
          fmt::format("file {}: {}", troupe::quoted(path.native(), 256), why)};
}

std::string last_error() {
  return std::generic_category().message(errno);
}

/// What a link leads to, so that the link stays.
fs::path behind_links(const fs::path& path) {
  std::error_code problem;
  auto real = fs::canonical(path, problem);
  return problem ? path : real;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

bool write_all(int descriptor, std::string_view data) {
  while (!data.empty()) {
    const auto n = ::write(descriptor, data.data(), data.size());
    if (n < 0 && errno != EINTR)
      return false;
    data.remove_prefix(n > 0 ? static_cast<size_t>(n) : 0);
  }
  return true;
}

/// Makes a file with a name that nobody has. @returns -1 if that fails.
int open_draft(const fs::path& target, fs::path& draft) {
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    draft = folder_of(target)
            / fmt::format(".{}.{}", target.filename().native(),
                          static_cast<int64_t>(::getpid()) * tries + i);
    const auto descriptor
        = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST)
      return descriptor;
  }
  return -1;
}

} // namespace

failure check_replaceable(const fs::path& path) {
  const auto target = behind_links(path);
  std::error_code problem;
  const auto status = fs::status(target, problem);
  if (fs::is_directory(status))
    return refuse(path, "is a folder");
  // A device would become a file.
  if (fs::exists(status) && !fs::is_regular_file(status))
    return refuse(path, "is no regular file");
  if (!path.has_filename())
    return refuse(path, "has no name");
  const auto folder = folder_of(target);
  if (!fs::is_directory(folder, problem))
    return refuse(path, "its folder does not exist");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    return refuse(path, "its folder cannot be written to");
  return {};
}

failure replace_file(const fs::path& path, std::string_view content) {
  if (auto bad = check_replaceable(path); bad.code != errc::none)
    return bad;
  const auto target = behind_links(path);
  fs::path draft;
  const auto descriptor = open_draft(target, draft);
  if (descriptor < 0)
    return refuse(path, fmt::format("cannot write: {}", last_error()));
  std::string problem;
  if (!write_all(descriptor, content) || ::fsync(descriptor) != 0)
    problem = last_error();
  if (::close(descriptor) != 0 && problem.empty())
    problem = last_error();
  if (problem.empty() && ::rename(draft.c_str(), target.c_str()) != 0)
    problem = last_error();
  if (problem.empty())
    return {};
  ::unlink(draft.c_str());
  return refuse(path, fmt::format("cannot write: {}", problem));
}

} // namespace troupe::command
