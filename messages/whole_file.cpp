// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/whole_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe {

namespace {

/// A file descriptor that is closed when it goes away.
class open_file {
public:
  explicit open_file(int descriptor) : descriptor_(descriptor) {}

  open_file(const open_file&) = delete;

  open_file& operator=(const open_file&) = delete;

  ~open_file() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }

  explicit operator bool() const {
    return descriptor_ >= 0;
  }

  [[nodiscard]] int get() const {
    return descriptor_;
  }

private:
  int descriptor_;
};

failure file_failure(const std::filesystem::path& path, std::string_view what) {
  return {errc::file_error, fmt::format("{}: {}", path.string(), what)};
}

/// Describes `errno`; the first thing to call after a system call has failed.
failure system_failure(const std::filesystem::path& path,
                       std::string_view doing) {
  auto reason = std::generic_category().message(errno);
  return file_failure(path, fmt::format("{}: {}", doing, reason));
}

/// Reads up to `out.size()` bytes. @returns how many, or -1 with `errno` set.
ssize_t read_all(int descriptor, std::span<char> out) {
  size_t size = 0;
  while (size < out.size()) {
    auto n = ::read(descriptor, out.data() + size, out.size() - size);
    if (n == 0)
      break;
    if (n < 0 && errno != EINTR)
      return -1;
    size += n > 0 ? static_cast<size_t>(n) : 0;
  }
  return static_cast<ssize_t>(size);
}

bool write_all(int descriptor, std::string_view data) {
  while (!data.empty()) {
    auto n = ::write(descriptor, data.data(), data.size());
    if (n < 0 && errno != EINTR)
      return false;
    data.remove_prefix(n > 0 ? static_cast<size_t>(n) : 0);
  }
  return true;
}

/// Makes a name survive a power failure. Not every file system can do that to a
/// folder, and the key is in place either way, so failure is no error.
void sync_folder(const std::filesystem::path& folder) {
  open_file file{::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
  if (file)
    ::fsync(file.get());
}

/// Fills a file that only its owner may read and waits until it is on disk.
failure fill_file(const open_file& file, const std::filesystem::path& path,
                  std::string_view text) {
  if (::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0
      || !write_all(file.get(), text) || ::fsync(file.get()) != 0)
    return system_failure(path, "cannot write");
  return {};
}

} // namespace

result<std::string> read_whole_file(const std::filesystem::path& path,
                                    size_t size_max) {
  // Without O_NONBLOCK, a named pipe would keep us waiting for its writer.
  open_file file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file)
    return system_failure(path, "cannot open");
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0)
    return system_failure(path, "cannot inspect");
  if (S_ISDIR(status.st_mode))
    return file_failure(path, "is a directory");
  if (!S_ISREG(status.st_mode))
    return file_failure(path, "not a regular file");
  std::string text(size_max + 1, '\0');
  auto size = read_all(file.get(), text);
  if (size < 0)
    return system_failure(path, "cannot read");
  if (static_cast<size_t>(size) > size_max)
    return file_failure(path, fmt::format("larger than {} bytes", size_max));
  text.resize(static_cast<size_t>(size));
  return text;
}

failure write_new_file(const std::filesystem::path& path,
                       std::string_view content) {
  auto folder = path.has_parent_path() ? path.parent_path() : ".";
  auto draft = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  open_file file{::mkostemp(draft.data(), O_CLOEXEC)};
  if (!file)
    return system_failure(path, "cannot create");
  auto outcome = fill_file(file, path, content);
  // Unlike a rename, a link fails if the name is taken: nothing is ever lost.
  if (outcome.code == errc::none && ::link(draft.c_str(), path.c_str()) != 0)
    outcome = system_failure(path, "cannot create");
  ::unlink(draft.c_str());
  if (outcome.code == errc::none)
    sync_folder(folder);
  return outcome;
}

std::error_code make_private_folder(const std::filesystem::path& path,
                                    bool* made) {
  std::error_code problem;
  if (made != nullptr)
    *made = false;
  if (std::filesystem::is_directory(path, problem))
    return {};
  problem.clear(); // That there is none is no problem.
  // "a/" has an empty name, but the folder is the same.
  const auto plain = path.has_filename() ? path : path.parent_path();
  if (plain.has_parent_path())
    std::filesystem::create_directories(plain.parent_path(), problem);
  if (!problem && ::mkdir(plain.c_str(), S_IRWXU) != 0)
    problem = {errno == EEXIST ? ENOTDIR : errno, std::generic_category()};
  if (made != nullptr)
    *made = !problem;
  return problem;
}

} // namespace troupe
