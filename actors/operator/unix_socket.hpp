// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

#include "troupe/messages/result.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

/// Where a Unix socket is. A socket address holds 107 bytes; a path may have
/// more, since it is reached through its folder's descriptor.
class unix_socket_path {
public:
  /// Opens the folder of `path`.
  /// @returns `file_error` if there is none, or if the file's name alone is too
  ///          long (82 bytes).
  static result<unix_socket_path> open(const std::filesystem::path& path);

  /// Descriptor of the folder.
  [[nodiscard]] int folder() const noexcept {
    return folder_.get();
  }

  /// The file's name in the folder.
  [[nodiscard]] const std::string& name() const noexcept {
    return name_;
  }

  /// A path that fits into a socket address, with `suffix` behind it; valid
  /// as long as this lives.
  [[nodiscard]] std::string short_path(std::string_view suffix = {}) const;

private:
  unix_socket_path(std::filesystem::path path, unique_socket folder);

  std::filesystem::path path_;
  std::string name_;
  unique_socket folder_;
};

/// A Unix socket that listens, and that only its owner can connect to (0600).
///
/// It appears at its path at once and with all its rights set, and replaces one
/// that a crash left behind. One that is in use is left alone: a lock beside
/// it, `PATH.lock`, and an attempt to connect tell.
class unix_listener {
public:
  /// @returns `cannot_listen`, the context says why.
  static result<unix_listener> open(const std::filesystem::path& path);

  unix_listener(unix_listener&&) noexcept = default;

  unix_listener& operator=(unix_listener&&) = delete;

  /// Removes the socket, if it is still there.
  ~unix_listener();

  [[nodiscard]] int get() const noexcept {
    return socket_.get();
  }

private:
  unix_listener(unix_socket_path where, unique_socket lock,
                unique_socket socket);

  unix_socket_path where_;
  unique_socket lock_;
  unique_socket socket_;
  dev_t device_ = {};
  ino_t inode_ = {};
};

} // namespace troupe
