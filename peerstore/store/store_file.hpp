// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// Keeps other nodes away from a store: a lock of the kernel on `PATH.lock`,
/// which goes with the process that has it, however that ends. The file stays
/// and names the process. Readers do not care about it.
class store_lock {
public:
  store_lock() = default;

  store_lock(store_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  store_lock& operator=(store_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~store_lock();

  /// @returns `store_failed` if another node has it, or the file cannot be
  /// made.
  static result<store_lock> acquire(const std::filesystem::path& store);

private:
  int fd_ = -1;
};

/// Renames a database that we cannot use, together with the files that SQLite
/// keeps beside it, to `PATH.corrupt-20300102T030405Z`, with `-2` and so on
/// behind it if there is such a file.
/// @returns the new name, or `store_failed`.
result<std::filesystem::path> set_aside(const std::filesystem::path& store,
                                        wall_time now);

/// Makes the folder of a store, for its owner alone.
failure make_folder_of(const std::filesystem::path& store);

} // namespace troupe
