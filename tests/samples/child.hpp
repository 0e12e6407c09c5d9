// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace troupe::test {

using words = std::vector<std::string>;

/// How long a test waits for what has to come. It only ever waits that long
/// when it is about to fail.
inline constexpr auto patience = std::chrono::seconds{60};

/// A program in a process of its own. It is killed in the end.
class child {
public:
  /// @param command the program and its arguments; found through PATH.
  explicit child(words command);

  child(const child&) = delete;

  child& operator=(const child&) = delete;

  ~child();

  /// Waits for the next line of standard output; empty at the end of it.
  std::string line();

  /// Waits for the next event of that name and passes over others. Fails the
  /// test if the output ends before.
  nlohmann::json event(const std::string& name);

  /// Waits for the next line of standard error; empty at the end of it.
  std::string error_line();

  void signal(int number) const;

  /// Waits until standard output takes no more without a reader, which is soon.
  void stall_output();

  /// Waits for the end of the process and returns its exit status, or 128 plus
  /// the number of the signal that ended it.
  int wait();

  /// Like `wait`, but reads nothing that the process prints.
  int wait_unread();

  [[nodiscard]] pid_t id() const noexcept {
    return pid_;
  }

  /// All of standard output that was not taken, once the process has ended.
  [[nodiscard]] const std::string& output() const noexcept {
    return output_;
  }

  /// All of standard error, once the process has ended.
  [[nodiscard]] const std::string& errors() const noexcept {
    return errors_;
  }

private:
  using deadline = std::chrono::steady_clock::time_point;

  /// Waits until something can be read, and reads it. @returns whether there
  /// may be more.
  bool read_more(deadline limit);

  /// Waits for the next line from one of the two.
  std::string next_line(const int& descriptor, std::string& text);

  /// Takes the exit status of the process, which has ended.
  int take_status();

  pid_t pid_ = -1;
  int output_fd_ = -1;
  int errors_fd_ = -1;
  std::string output_;
  std::string errors_;
};

/// The `troupe` command with these arguments.
words troupe_command(const words& arguments);

/// Runs the `troupe` command to its end.
struct finished {
  explicit finished(const words& arguments);

  int status;
  std::string output;
  std::string errors;
};

/// A folder for one test.
class scratch_folder {
public:
  scratch_folder();

  scratch_folder(const scratch_folder&) = delete;

  scratch_folder& operator=(const scratch_folder&) = delete;

  ~scratch_folder();

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).native();
  }

private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);

void write_file(const std::string& path, const std::string& text);

/// A TCP port on 127.0.0.1 with a listening socket, whose backlog takes
/// connections that nobody ever serves.
class silent_port {
public:
  silent_port();

  silent_port(const silent_port&) = delete;

  silent_port& operator=(const silent_port&) = delete;

  ~silent_port();

  [[nodiscard]] uint16_t number() const noexcept {
    return number_;
  }

  /// Waits for a connection, writes `text` to it and closes it once the other
  /// side has sent something.
  void serve(const std::string& text) const;

private:
  int fd_ = -1;
  uint16_t number_ = 0;
};

} // namespace troupe::test
