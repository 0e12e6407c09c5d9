// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace troupe::test {

namespace {

using namespace std::chrono;

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> result = {};
  if (pipe2(result.data(), O_CLOEXEC) != 0)
    fail("pipe2");
  return result;
}

/// Reads once. @returns whether there may be more.
bool read_some(int& fd, std::string& to) {
  std::array<char, 4096> buffer;
  auto count = read(fd, buffer.data(), buffer.size());
  if (count > 0) {
    to.append(buffer.data(), static_cast<size_t>(count));
    return true;
  }
  close(fd);
  fd = -1;
  return false;
}

} // namespace

child::child(words command) {
  auto out = make_pipe();
  auto err = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (auto& word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  errno = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  close(err[1]);
  output_fd_ = out[0];
  errors_fd_ = err[0];
  if (errno != 0)
    fail("posix_spawnp");
}

child::~child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (auto fd : {output_fd_, errors_fd_})
    if (fd >= 0)
      close(fd);
}

bool child::read_more(deadline limit) {
  // Who reads lines to their end may have seen both ends already.
  if (output_fd_ < 0 && errors_fd_ < 0)
    return false;
  std::array<pollfd, 2> fds
      = {pollfd{output_fd_, POLLIN, 0}, pollfd{errors_fd_, POLLIN, 0}};
  auto left = duration_cast<milliseconds>(limit - steady_clock::now()).count();
  if (left <= 0 || poll(fds.data(), fds.size(), static_cast<int>(left)) <= 0)
    throw std::runtime_error("no sign of the child; it has printed:\n" + output_
                             + errors_);
  if (fds[0].revents != 0)
    read_some(output_fd_, output_);
  if (fds[1].revents != 0)
    read_some(errors_fd_, errors_);
  return output_fd_ >= 0 || errors_fd_ >= 0;
}

std::string child::line() {
  return next_line(output_fd_, output_);
}

std::string child::error_line() {
  return next_line(errors_fd_, errors_);
}

std::string child::next_line(const int& descriptor, std::string& text) {
  const auto limit = steady_clock::now() + patience;
  auto end = text.find('\n');
  while (end == std::string::npos && descriptor >= 0) {
    read_more(limit);
    end = text.find('\n');
  }
  if (end == std::string::npos)
    return {};
  auto result = text.substr(0, end);
  text.erase(0, end + 1);
  return result;
}

nlohmann::json child::event(const std::string& name) {
  std::string seen;
  for (auto text = line(); !text.empty(); text = line()) {
    auto event = nlohmann::json::parse(text);
    if (event.at("event") == name)
      return event;
    seen += text + "\n";
  }
  throw std::runtime_error("no event " + name + ", but:\n" + seen + errors_);
}

void child::signal(int number) const {
  kill(pid_, number);
}

void child::stall_output() {
  const auto limit = steady_clock::now() + patience;
  // Refused if more than that waits already.
  fcntl(output_fd_, F_SETPIPE_SZ, 1);
  // A line that does not fit into a page leaves the rest of it free.
  const auto full = fcntl(output_fd_, F_GETPIPE_SZ) / 8 * 7;
  for (int waiting = 0; waiting < full;) {
    if (ioctl(output_fd_, FIONREAD, &waiting) != 0)
      fail("FIONREAD");
    if (steady_clock::now() > limit)
      throw std::runtime_error("the output does not fill");
    std::this_thread::yield();
  }
}

int child::wait() {
  const auto limit = steady_clock::now() + patience;
  while (read_more(limit)) {
    // Both ends of file say that the process has ended.
  }
  return take_status();
}

int child::wait_unread() {
  auto ended
      = pollfd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
  if (ended.fd < 0)
    fail("pidfd_open");
  const auto limit = duration_cast<milliseconds>(patience).count();
  const auto found = poll(&ended, 1, static_cast<int>(limit));
  close(ended.fd);
  if (found != 1)
    throw std::runtime_error("the child does not end");
  return take_status();
}

int child::take_status() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

words troupe_command(const words& arguments) {
  words result{TROUPE_COMMAND};
  result.insert(result.end(), arguments.begin(), arguments.end());
  return result;
}

finished::finished(const words& arguments) {
  child process{troupe_command(arguments)};
  status = process.wait();
  output = process.output();
  errors = process.errors();
}

scratch_folder::scratch_folder() {
  auto pattern
      = (std::filesystem::temp_directory_path() / "troupe-XXXXXX").native();
  if (mkdtemp(pattern.data()) == nullptr)
    fail("mkdtemp");
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ostringstream result;
  result << std::ifstream{path}.rdbuf();
  return result.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(
      std::filesystem::path{path}.parent_path());
  std::ofstream{path} << text;
}

silent_port::silent_port()
  : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto raw = reinterpret_cast<sockaddr*>(&where);
  socklen_t size = sizeof(where);
  if (fd_ < 0 || bind(fd_, raw, size) != 0 || listen(fd_, 8) != 0
      || getsockname(fd_, raw, &size) != 0)
    fail("listen");
  number_ = ntohs(where.sin_port);
}

silent_port::~silent_port() {
  close(fd_);
}

void silent_port::serve(const std::string& text) const {
  auto connection = accept(fd_, nullptr, nullptr);
  std::array<char, 64> ignored;
  if (read(connection, ignored.data(), ignored.size()) > 0
      && write(connection, text.data(), text.size()) < 0)
    perror("write");
  close(connection);
}

} // namespace troupe::test
