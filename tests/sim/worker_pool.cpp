// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::testing {

namespace {

/// What a process tells of a run; the text of a failure and the counts of the
/// properties follow.
struct result_head {
  uint64_t hash;
  uint64_t entries;
  int64_t simulated;
  uint64_t failed;
  uint64_t text_size;
  uint64_t counts;
};

/// @returns `false` at the end of the file.
bool read_all(int from, void* to, size_t size) {
  auto* out = static_cast<char*>(to);
  while (size > 0) {
    const auto count = ::read(from, out, size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    out += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool write_all(int to, const void* from, size_t size) {
  const auto* in = static_cast<const char*>(from);
  while (size > 0) {
    const auto count = ::write(to, in, size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    in += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool send_result(int to, const scenario_result& what) {
  const auto text = what.failure.value_or("");
  const auto& counts = what.properties.all_times();
  const auto head = result_head{what.hash,
                                what.entries,
                                static_cast<int64_t>(what.simulated.count()),
                                what.failure ? 1u : 0u,
                                text.size(),
                                counts.size()};
  return write_all(to, &head, sizeof(head))
         && write_all(to, text.data(), text.size())
         && write_all(to, counts.data(), counts.size() * sizeof(uint64_t));
}

std::optional<scenario_result> receive_result(int from) {
  result_head head;
  if (!read_all(from, &head, sizeof(head)))
    return std::nullopt;
  std::string text(head.text_size, '\0');
  std::vector<uint64_t> counts(head.counts);
  if (!read_all(from, text.data(), text.size())
      || !read_all(from, counts.data(), counts.size() * sizeof(uint64_t)))
    return std::nullopt;
  scenario_result result;
  result.hash = head.hash;
  result.entries = head.entries;
  result.simulated = duration{head.simulated};
  if (head.failed != 0)
    result.failure = std::move(text);
  result.properties.set_times(std::move(counts));
  return result;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

worker_pool::worker_pool(unsigned workers, player play)
  : most_(workers),
    play_(std::move(play)) {
  // Who writes to a process that has died wants to know that, not to die.
  std::signal(SIGPIPE, SIG_IGN);
}

worker_pool::~worker_pool() {
  for (auto& who : workers_)
    std::ignore = end(who);
}

worker_pool::worker worker_pool::start() {
  std::array<int, 2> orders{};
  std::array<int, 2> results{};
  if (::pipe(orders.data()) != 0 || ::pipe(results.data()) != 0)
    fail("pipe");
  // What waits to be printed would be printed twice.
  std::fflush(nullptr);
  const auto process = ::fork();
  if (process < 0)
    fail("fork");
  if (process == 0) {
    // With these the others would never see the end of a file.
    for (const auto& other : workers_) {
      ::close(other.orders);
      ::close(other.results);
    }
    ::close(orders[1]);
    ::close(results[0]);
    work(orders[0], results[1]);
  }
  ::close(orders[0]);
  ::close(results[1]);
  return {process, orders[1], results[0], 0};
}

/// A process, from its beginning to its end.
void worker_pool::work(int orders, int results) {
  uint64_t seed = 0;
  while (read_all(orders, &seed, sizeof(seed)))
    if (!send_result(results, play_(seed)))
      break;
  // In an orderly way, so that a sanitizer looks for leaks.
  std::exit(0);
}

/// If the process has died, its results end, and that is seen there.
void worker_pool::order(worker& who, uint64_t seed) {
  who.seed = seed;
  std::ignore = write_all(who.orders, &who.seed, sizeof(who.seed));
}

/// Ends a process that has nothing to do, or finds out how it ended.
scenario_result worker_pool::end(worker& who) {
  ::close(who.orders);
  ::close(who.results);
  int status = 0;
  while (::waitpid(who.process, &status, 0) < 0 && errno == EINTR) {
    // Again.
  }
  scenario_result result;
  if (WIFSIGNALED(status))
    result.failure
        = fmt::format("the process ended with signal {} ({})", WTERMSIG(status),
                      ::strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status) != 0)
    result.failure
        = fmt::format("the process ended with status {}", WEXITSTATUS(status));
  return result;
}

void worker_pool::run(const source& next, const sink& done) {
  auto add_workers = [&] {
    while (workers_.size() < most_) {
      const auto seed = next();
      if (!seed)
        return;
      workers_.push_back(start());
      order(workers_.back(), *seed);
    }
  };
  auto retire = [&](size_t index) {
    auto who = workers_[index];
    workers_.erase(workers_.begin() + static_cast<ptrdiff_t>(index));
    if (auto left = end(who); left.failure)
      done(who.seed, left);
  };
  add_workers();
  while (!workers_.empty()) {
    std::vector<pollfd> waiting;
    for (const auto& who : workers_)
      waiting.push_back({who.results, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      fail("poll");
    }
    // Backwards, for some of them go.
    for (auto i = waiting.size(); i-- > 0;) {
      if (waiting[i].revents == 0)
        continue;
      auto result = receive_result(workers_[i].results);
      if (result)
        done(workers_[i].seed, *result);
      if (const auto seed = result ? next() : std::nullopt)
        order(workers_[i], *seed);
      else
        retire(i);
    }
    add_workers();
  }
}

} // namespace troupe::testing
