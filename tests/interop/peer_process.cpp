// SPDX-License-Identifier: Apache-2.0
#include "peer_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <doctest/doctest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::test {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> argv_of(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words)
    result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// Starts a program in a process group of its own. It inherits nothing of ours
/// but the three descriptors.
pid_t spawn(std::vector<std::string> words, int in_out, int errors) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in_out, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, in_out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // CAF ignores SIGPIPE, which a child would inherit.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t result = -1;
  auto argv = argv_of(words);
  auto code = posix_spawn(&result, argv[0], &files, &attributes, argv.data(),
                          environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (code != 0)
    throw std::system_error(code, std::generic_category(), words[0]);
  return result;
}

} // namespace

std::string environment(const char* name) {
  const auto* value = std::getenv(name);
  if (value == nullptr)
    throw std::runtime_error(std::string{name} + " is not set; CTest sets it");
  return value;
}

std::string interop_program(std::string_view name) {
  return environment("TROUPE_INTEROP_DIR") + "/" + std::string{name};
}

std::string release_name() {
  return environment("TROUPE_INTEROP_PEER");
}

peer_process::peer_process(const std::string& program,
                           const std::vector<std::string>& arguments)
  : program_(program) {
  // A socket, unlike a pipe, can be written to without risking SIGPIPE.
  std::array<int, 2> ends = {};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw_errno("socketpair");
  pipe_ = ends[0];
  errors_ = memfd_create("stderr", MFD_CLOEXEC);
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  pid_ = spawn(std::move(words), ends[1], errors_);
  close(ends[1]);
}

peer_process::~peer_process() {
  if (pid_ > 0) {
    // All of its group: a script has children of its own.
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(pipe_);
  close(errors_);
}

void peer_process::command(const std::string& line) {
  const auto text = line + "\n";
  if (send(pipe_, text.data(), text.size(), MSG_NOSIGNAL)
      != static_cast<ssize_t>(text.size()))
    give_up("'" + line + "' could not be sent");
}

peer_process::json peer_process::wait_for(const std::string& event,
                                          const predicate& wanted) {
  return wait_for_any({event}, wanted);
}

peer_process::json
peer_process::wait_for_any(const std::vector<std::string>& events,
                           const predicate& wanted) {
  const auto deadline = clock::now() + patience;
  auto fits = [&](const json& event) {
    const auto& name = event.at("event");
    return std::any_of(events.begin(), events.end(),
                       [&name](const auto& one) { return name == one; })
           && (!wanted || wanted(event));
  };
  do {
    if (auto found = take(fits))
      return *found;
  } while (read_more(deadline));
  give_up("no " + events.front() + (wanted ? " as wanted" : ""));
}

peer_process::json peer_process::ask(const std::string& line,
                                     const std::string& event) {
  command(line);
  return wait_for(event);
}

peer_process::json peer_process::ask_until(const std::string& line,
                                           const std::string& event,
                                           const predicate& wanted) {
  const auto deadline = clock::now() + patience;
  for (;;) {
    auto answer = ask(line, event);
    if (wanted(answer))
      return answer;
    if (clock::now() >= deadline)
      give_up("'" + line + "' still says " + answer.dump());
    // Not so often that asking is all it does.
    read_more(clock::now() + std::chrono::milliseconds{20});
  }
}

bool peer_process::has_seen(const std::string& event) {
  while (read_more(clock::now())) {
    // Until there is nothing more.
  }
  for (const auto& seen : events_)
    if (seen.at("event") == event)
      return true;
  return false;
}

void peer_process::signal(int number) {
  if (kill(-pid_, number) != 0)
    throw_errno("kill");
}

int peer_process::wait_for_exit() {
  const auto deadline = clock::now() + patience;
  while (read_more(deadline)) {
    // Its output ends when it does.
  }
  if (clock::now() >= deadline)
    give_up("it does not end");
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_)
    throw_errno("waitpid");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<peer_process::json> peer_process::take(const predicate& wanted) {
  for (auto i = events_.begin(); i != events_.end(); ++i) {
    if (wanted(*i)) {
      auto result = std::move(*i);
      events_.erase(i);
      return result;
    }
  }
  return std::nullopt;
}

/// Waits for output. @returns `false` if none came in time or it has ended.
bool peer_process::read_more(clock::time_point deadline) {
  auto left
      = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
  pollfd waiting = {.fd = pipe_, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, std::max<int>(0, static_cast<int>(left.count()))) <= 0)
    return false;
  std::array<char, 4096> buffer;
  auto count = recv(pipe_, buffer.data(), buffer.size(), 0);
  if (count <= 0)
    return false;
  unparsed_.append(buffer.data(), static_cast<size_t>(count));
  parse_lines();
  return true;
}

void peer_process::parse_lines() {
  for (auto end = unparsed_.find('\n'); end != std::string::npos;
       end = unparsed_.find('\n')) {
    auto event = json::parse(unparsed_.substr(0, end), nullptr, false);
    if (!event.is_object() || !event.contains("event"))
      give_up("it printed '" + unparsed_.substr(0, end) + "'");
    unparsed_.erase(0, end + 1);
    events_.push_back(std::move(event));
  }
}

void peer_process::give_up(const std::string& why) {
  auto text = program_ + ": " + why + "\n";
  for (const auto& event : events_)
    text += "  event: " + event.dump() + "\n";
  text += "  standard error: " + errors();
  FAIL(text);
  std::abort(); // Not reached: FAIL throws.
}

std::string peer_process::errors() const {
  std::string result(4096, '\0');
  auto count = pread(errors_, result.data(), result.size(), 0);
  result.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return result;
}

} // namespace troupe::test
