// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_mail.hpp"

#include <unistd.h>

namespace troupe {

void http_mail::answer(uint64_t request, http_response what) {
  change([&] {
    if (known_.count(request) > 0)
      news_.answers.emplace_back(request, std::move(what));
  });
}

bool http_mail::stream(uint64_t request) {
  auto taken = false;
  change([&] {
    taken = known_.count(request) > 0;
    if (!taken)
      return;
    streams_.try_emplace(request, line_stream{size_max_, lost_});
    news_.streams.push_back(request);
  });
  return taken;
}

bool http_mail::push(uint64_t request, std::string line) {
  auto taken = false;
  change([&] {
    auto i = streams_.find(request);
    taken = i != streams_.end() && !i->second.ended;
    if (!taken)
      return;
    i->second.lines.push(std::move(line));
    rouse(request, i->second);
  });
  return taken;
}

void http_mail::end(uint64_t request) {
  change([&] {
    if (auto i = streams_.find(request); i != streams_.end()) {
      i->second.ended = true;
      rouse(request, i->second);
    }
  });
}

void http_mail::close() {
  change([&] { news_.closed = true; });
}

void http_mail::expect(uint64_t request) {
  std::lock_guard guard{mutex_};
  known_.insert(request);
}

void http_mail::forget(uint64_t request) {
  std::lock_guard guard{mutex_};
  known_.erase(request);
  streams_.erase(request);
}

http_mail::news http_mail::take() {
  std::lock_guard guard{mutex_};
  auto closed = news_.closed;
  auto result = std::exchange(news_, {});
  news_.closed = closed;
  return result;
}

std::optional<size_t> http_mail::read(uint64_t request, std::span<char> out) {
  std::lock_guard guard{mutex_};
  auto i = streams_.find(request);
  if (i == streams_.end())
    return std::nullopt;
  auto& [lines, ended, waits] = i->second;
  auto count = lines.read(out);
  if (count == 0 && ended)
    return std::nullopt;
  waits = count == 0;
  return count;
}

void http_mail::end_all() {
  change([&] {
    for (auto& [request, x] : streams_) {
      x.ended = true;
      rouse(request, x);
    }
  });
}

void http_mail::retire() {
  std::lock_guard guard{mutex_};
  wakeup_ = -1;
  known_.clear();
  streams_.clear();
}

void http_mail::rouse(uint64_t request, open_stream& x) {
  if (std::exchange(x.waits, false))
    news_.readable.push_back(request);
}

template <class F>
void http_mail::change(F what) {
  std::lock_guard guard{mutex_};
  what();
  uint64_t one = 1;
  if (wakeup_ >= 0 && ::write(wakeup_, &one, sizeof(one)) < 0) {
    // The counter is at its limit, so that the server is awake anyway.
  }
}

} // namespace troupe
