// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace troupe {

/// Owns a socket descriptor and closes it in the end.
class unique_socket {
public:
  static constexpr int none = -1;

  unique_socket() = default;

  explicit unique_socket(int fd) : fd_(fd) {}

  unique_socket(unique_socket&& other) noexcept : fd_(other.release()) {}

  unique_socket& operator=(unique_socket&& other) noexcept {
    if (this != &other)
      reset(other.release());
    return *this;
  }

  ~unique_socket() {
    reset();
  }

  [[nodiscard]] int get() const noexcept {
    return fd_;
  }

  explicit operator bool() const noexcept {
    return fd_ != none;
  }

  /// Gives the descriptor away.
  [[nodiscard]] int release() noexcept {
    return std::exchange(fd_, none);
  }

  /// Closes the descriptor and takes over another.
  void reset(int fd = none) noexcept;

private:
  int fd_ = none;
};

} // namespace troupe
