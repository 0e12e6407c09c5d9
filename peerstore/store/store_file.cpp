// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/store_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "troupe/messages/whole_file.hpp"

namespace troupe {

namespace fs = std::filesystem;

namespace {

/// Most files of one second that were set aside.
constexpr int set_aside_max = 100;

std::string why() {
  return std::error_code{errno, std::generic_category()}.message();
}

fs::path with(const fs::path& path, const std::string& suffix) {
  auto result = path;
  result += suffix;
  return result;
}

/// The process that holds the lock wrote its number. @returns 0 if not.
int owner_of(int fd) {
  std::array<char, 16> buffer;
  auto size = pread(fd, buffer.data(), buffer.size(), 0);
  int result = 0;
  if (size > 0)
    std::from_chars(buffer.data(), buffer.data() + size, result);
  return result;
}

/// Makes what was renamed or created in a folder survive a loss of power.
void sync_folder(const fs::path& folder) {
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  fsync(fd);
  close(fd);
}

fs::path folder_of(const fs::path& store) {
  auto folder = store.parent_path();
  return folder.empty() ? fs::path{"."} : folder;
}

} // namespace

store_lock::~store_lock() {
  if (fd_ >= 0)
    close(fd_);
}

result<store_lock> store_lock::acquire(const fs::path& store) {
  store_lock result;
  const auto file = with(store, ".lock");
  result.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (result.fd_ < 0)
    return {errc::store_failed,
            fmt::format("cannot make '{}': {}", file.native(), why())};
  if (flock(result.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return {errc::store_failed,
              fmt::format("cannot lock '{}': {}", file.native(), why())};
    auto owner = owner_of(result.fd_);
    return {errc::store_failed,
            owner > 0 ? fmt::format("another node uses it, process {}", owner)
                      : "another node uses it"};
  }
  // For humans, so it does not matter if it fails.
  const auto text = fmt::format("{}\n", getpid());
  if (ftruncate(result.fd_, 0) == 0)
    static_cast<void>(!pwrite(result.fd_, text.data(), text.size(), 0));
  return result;
}

result<fs::path> set_aside(const fs::path& store, wall_time now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto suffix = fmt::format(".corrupt-{:%Y%m%dT%H%M%SZ}",
                                  fmt::gmtime(static_cast<std::time_t>(
                                      seconds.time_since_epoch().count())));
  auto target = with(store, suffix);
  std::error_code code;
  for (int i = 2; fs::exists(target, code) && i <= set_aside_max; ++i)
    target = with(store, fmt::format("{}-{}", suffix, i));
  if (fs::exists(target, code))
    return {errc::store_failed,
            fmt::format("cannot set it aside: there are too many '{}' already",
                        with(store, suffix).native())};
  // SQLite leaves an empty log when it looks into a database.
  if (fs::file_size(with(store, "-wal"), code) == 0)
    fs::remove(with(store, "-wal"), code);
  // The log first: a new database must never find the log of the old one.
  for (auto file : {"-wal", "-journal", ""}) {
    fs::rename(with(store, file), with(target, file), code);
    if (code && code != std::errc::no_such_file_or_directory)
      return {errc::store_failed, fmt::format("cannot set it aside as '{}': {}",
                                              target.native(), code.message())};
  }
  // Only an index into the log, which SQLite makes anew.
  fs::remove(with(store, "-shm"), code);
  sync_folder(folder_of(store));
  return target;
}

failure make_folder_of(const fs::path& store) {
  const auto folder = folder_of(store);
  auto made = false;
  const auto code = make_private_folder(folder, &made);
  if (made)
    sync_folder(folder_of(folder));
  if (code)
    return {errc::store_failed, fmt::format("cannot make the folder '{}': {}",
                                            folder.native(), code.message())};
  return {};
}

} // namespace troupe
