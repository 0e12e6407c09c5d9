// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/dns/ares_names.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "troupe/transport/tcp/unique_socket.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto lookup_patience = 20s;

/// A name server on loopback that knows one name, `known.test`, says that there
/// are no others, or says nothing at all.
class name_server {
public:
  explicit name_server(bool silent = false)
    : silent_(silent),
      socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in where = {};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto generic = reinterpret_cast<sockaddr*>(&where);
    socklen_t size = sizeof(where);
    REQUIRE(::bind(socket_.get(), generic, size) == 0);
    REQUIRE(::getsockname(socket_.get(), generic, &size) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
    thread_ = std::thread{[this] { run(); }};
  }

  name_server(const name_server&) = delete;

  name_server& operator=(const name_server&) = delete;

  ~name_server() {
    done_ = true;
    thread_.join();
  }

  [[nodiscard]] const std::string& address() const {
    return address_;
  }

  /// Waits until somebody has asked.
  [[nodiscard]] bool asked() const {
    auto deadline = std::chrono::steady_clock::now() + lookup_patience;
    while (questions_ == 0 && std::chrono::steady_clock::now() < deadline)
      ::poll(nullptr, 0, 1);
    return questions_ > 0;
  }

private:
  void run() {
    while (!done_) {
      pollfd what{socket_.get(), POLLIN, 0};
      if (::poll(&what, 1, 10) <= 0)
        continue;
      std::array<uint8_t, 512> query;
      sockaddr_in from = {};
      socklen_t size = sizeof(from);
      auto generic = reinterpret_cast<sockaddr*>(&from);
      auto count = ::recvfrom(socket_.get(), query.data(), query.size(), 0,
                              generic, &size);
      if (count < 17)
        continue;
      ++questions_;
      if (silent_)
        continue;
      auto answer = reply({query.data(), static_cast<size_t>(count)});
      ::sendto(socket_.get(), answer.data(), answer.size(), 0, generic, size);
    }
  }

  /// RFC 1035, section 4: header, the question, perhaps an answer.
  static std::vector<uint8_t> reply(std::span<const uint8_t> query) {
    const auto name = std::string{"\5known\4test\0", 12};
    auto question_end = size_t{12};
    while (query[question_end] != 0)
      question_end += query[question_end] + 1u;
    const auto asked
        = std::string(query.begin() + 12, query.begin() + question_end + 1);
    const auto type = query[question_end + 2];
    question_end += 5;
    auto known = asked == name;
    auto answers = known && (type == 1 || type == 28);
    std::vector<uint8_t> result(query.begin(), query.begin() + question_end);
    result[2] = 0x81;                // A response.
    result[3] = known ? 0x80 : 0x83; // No error, or no such name.
    result[7] = answers ? 1 : 0;     // Answers,
    result[9] = result[11] = 0;      // and nothing behind them.
    if (!answers)
      return result;
    result.insert(result.end(), {0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0});
    if (type == 1)
      result.insert(result.end(), {4, 10, 1, 2, 3});
    else
      result.insert(result.end(), {16, 0xfd, 0, 0, 0, 0, 0, 0, 0, //
                                   0, 0, 0, 0, 0, 0, 0, 7});
    return result;
  }

  bool silent_;
  unique_socket socket_;
  std::string address_;
  std::atomic<bool> done_ = false;
  std::atomic<size_t> questions_ = 0;
  std::thread thread_;
};

/// The answers to lookups.
class answers {
public:
  std::function<void(name_service::answer)> to(uint64_t number) {
    return [this, number](name_service::answer what) {
      std::lock_guard guard{mutex_};
      found_.emplace(number, std::move(what));
      changed_.notify_all();
    };
  }

  std::optional<name_service::answer> wait(uint64_t number) {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, lookup_patience,
                      [&] { return found_.count(number) > 0; });
    auto i = found_.find(number);
    return i != found_.end() ? std::optional{i->second} : std::nullopt;
  }

  [[nodiscard]] size_t count() {
    std::lock_guard guard{mutex_};
    return found_.size();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, name_service::answer> found_;
};

bool contains(const std::vector<ip_address>& all, const ip_address& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

TEST_CASE("names of the hosts file are found without a server") {
  name_server silent{true};
  answers heard;
  ares_names names{{.servers = silent.address()}};
  std::ifstream file{"/etc/hosts"};
  uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string address;
    std::string name;
    words >> address >> name;
    auto ip = ip_address::parse(address);
    if (!ip || name.empty())
      continue;
    CAPTURE(line);
    ++number;
    names.start(number, name, heard.to(number));
    auto answer = heard.wait(number);
    REQUIRE(answer);
    REQUIRE(*answer);
    CHECK(contains(**answer, *ip));
  }
  // Every machine has a name for itself.
  CHECK(number > 0);
}

TEST_CASE("a server is asked for both kinds of addresses") {
  name_server server;
  answers heard;
  ares_names names{{.servers = server.address()}};
  names.start(1, "known.test", heard.to(1));
  names.start(2, "unknown.test", heard.to(2));
  auto known = heard.wait(1);
  REQUIRE(known);
  REQUIRE(*known);
  CHECK((*known)->size() == 2);
  CHECK(contains(**known, ip_address::v4(10, 1, 2, 3)));
  CHECK(contains(**known, *ip_address::parse("fd00::7")));
  auto unknown = heard.wait(2);
  REQUIRE(unknown);
  REQUIRE_FALSE(*unknown);
  CHECK(unknown->code() == errc::unknown_host);
  CHECK(unknown->error().context.find("unknown.test") != std::string::npos);
}

TEST_CASE("a lookup that was given up has no answer, and others go on") {
  name_server silent{true};
  answers heard;
  ares_names names{{.servers = silent.address(), .give_up = 300ms}};
  names.start(1, "dead.test", heard.to(1));
  REQUIRE(silent.asked());
  names.cancel(1);
  names.start(2, "mute.test", heard.to(2));
  auto mute = heard.wait(2);
  REQUIRE(mute);
  REQUIRE_FALSE(*mute);
  CHECK(mute->code() == errc::unknown_host);
  CHECK(heard.count() == 1);
}

TEST_CASE("the end does not wait for servers that say nothing") {
  name_server silent{true};
  answers heard;
  const auto begin = std::chrono::steady_clock::now();
  {
    ares_names names{{.servers = silent.address()}};
    for (uint64_t i = 1; i <= 8; ++i)
      names.start(i, "dead.test", heard.to(i));
    REQUIRE(silent.asked());
  }
  CHECK(std::chrono::steady_clock::now() - begin < lookup_patience);
  CHECK(heard.count() == 0);
}

TEST_CASE("whoever hears the answer may be the last to hold the service") {
  name_server server;
  answers heard;
  auto names
      = std::make_shared<ares_names>(ares_options{.servers = server.address()});
  // Only `done` holds it then, and lets go of it in the service's own thread.
  std::mutex gate;
  std::unique_lock closed{gate};
  auto raw = names.get();
  raw->start(1, "known.test",
             [&, last = std::move(names)](name_service::answer what) mutable {
               // Only to wait for the test, which ends when it hears.
               std::unique_lock{gate}.unlock();
               last.reset();
               heard.to(1)(std::move(what));
             });
  closed.unlock();
  auto known = heard.wait(1);
  REQUIRE(known);
  CHECK(*known);
}
