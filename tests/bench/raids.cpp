// SPDX-License-Identifier: Apache-2.0
#include "raids.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <poll.h>

#include "raider.hpp"
#include "troupe/messages/wire_writer.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"

namespace troupe::bench {

namespace {

using clock = std::chrono::steady_clock;
using raider_ptr = std::unique_ptr<raider>;

// -- what is sent -------------------------------------------------------------

shared_bytes share(bytes what) {
  return shared_bytes{what};
}

shared_bytes small_ping() {
  echo::EchoMessage message;
  message.mutable_ping_message()->set_content("x");
  const auto text = message.SerializeAsString();
  auto view = std::as_bytes(std::span{text});
  return share({view.begin(), view.end()});
}

/// A member of the channel's message, as large as a message may be, that has
/// the same two bytes again and again.
shared_bytes stuffed(uint32_t member, std::byte first, std::byte second) {
  bytes inside;
  while (inside.size() + 16 < siege_message_max) {
    inside.push_back(first);
    inside.push_back(second);
  }
  bytes result;
  append_tag(result, member, wire_type::length_delimited);
  append_delimited(result, inside);
  return share(std::move(result));
}

shared_bytes long_entry() {
  p2p::PexMessage message;
  message.mutable_pex_response()->add_addresses()->set_id(
      std::string(siege_message_max - 100, 'x'));
  const auto text = message.SerializeAsString();
  auto view = std::as_bytes(std::span{text});
  return share({view.begin(), view.end()});
}

// -- what is done -------------------------------------------------------------

/// What a connection does after its handshake.
struct tactic {
  channel_id channel = ping_channel;
  shared_bytes body;
  /// Messages to queue whenever all are sent.
  size_t messages = 1;
  /// Where to stop; 0: nowhere.
  size_t bytes_max = 0;
  bool reads = true;
};

const std::map<std::string, std::function<tactic()>>& tactics() {
  static const std::map<std::string, std::function<tactic()>> result{
      // As many as the node takes.
      {"pings", [] { return tactic{.body = small_ping(), .messages = 2000}; }},
      // The same, without taking the answers.
      {"deaf",
       [] {
         return tactic{.body = small_ping(), .messages = 2000, .reads = false};
       }},
      // A ping full of empty groups that nobody knows.
      {"groups",
       [] {
         return tactic{.body = stuffed(1, std::byte{0x7b}, std::byte{0x7c})};
       }},
      // A list of empty entries.
      {"entries",
       [] {
         return tactic{.channel = list_channel,
                       .body = stuffed(2, std::byte{0x0a}, std::byte{0})};
       }},
      // Valid, and as large as a message may be: a list of one entry, with a
      // long name.
      {"large",
       [] { return tactic{.channel = list_channel, .body = long_entry()}; }},
      // What cannot be decoded.
      {"malformed",
       [] {
         return tactic{.body = share(bytes(2, std::byte{0xff})),
                       .messages = 2000};
       }},
      // Messages that are never complete.
      {"halves",
       [] {
         return tactic{.body = share(bytes(siege_message_max)),
                       .bytes_max = siege_message_max - 2'000'000};
       }},
  };
  return result;
}

/// Connections from a few addresses, so that none runs out of ports.
uint8_t host_of(size_t number) {
  return static_cast<uint8_t>(1 + number % 200);
}

raider_ptr join(uint16_t port, size_t number) {
  try {
    auto result = std::make_unique<raider>(port, host_of(number));
    return result->shake_hands() ? std::move(result) : nullptr;
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

void wait_a_little(const std::vector<raider_ptr>& raiders) {
  std::vector<pollfd> all;
  for (const auto& x : raiders)
    if (x)
      all.push_back(
          {x->fd(), static_cast<short>(POLLIN | (x->idle() ? 0 : POLLOUT)), 0});
  poll(all.data(), all.size(), 10);
}

/// Whoever is thrown out comes back as somebody else.
void keep_on(const raid& what, const tactic& how) {
  std::vector<raider_ptr> raiders;
  size_t joined = 0;
  for (size_t i = 0; i < what.count; ++i)
    raiders.push_back(join(what.port, joined++));
  const auto failed = static_cast<size_t>(
      std::count(raiders.begin(), raiders.end(), nullptr));
  fmt::print("{}\n", what.count - failed);
  size_t messages = 0;
  size_t ended = 0;
  const auto end = clock::now() + what.span;
  while (clock::now() < end) {
    for (auto& x : raiders) {
      if (!x) {
        x = join(what.port, joined++);
        continue;
      }
      const auto stops = how.bytes_max > 0 && x->bytes_sent() >= how.bytes_max;
      if (x->idle() && !stops)
        for (size_t i = 0; i < how.messages; ++i, ++messages)
          x->send(how.channel, how.body);
      if (x->turn({.reads = how.reads, .writes = !stops}))
        continue;
      ++ended;
      x.reset();
    }
    wait_a_little(raiders);
  }
  fmt::print("{} messages on {} connections, of which the node ended {}\n",
             messages, joined, ended);
}

// -- those that come and go ---------------------------------------------------

/// Connections one after the other, a few at a time. @returns how many did what
/// they were to do.
size_t come_and_go(const raid& what, bool (*once)(raider&)) {
  constexpr size_t at_once = 8;
  std::atomic<size_t> next = 0;
  std::atomic<size_t> good = 0;
  auto work = [&] {
    for (auto i = next++; i < what.count; i = next++)
      try {
        raider x{what.port, host_of(i)};
        good += once(x) ? 1 : 0;
      } catch (const std::runtime_error&) {
        // It does not count.
      }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < at_once; ++i)
    threads.emplace_back(work);
  for (auto& x : threads)
    x.join();
  return good;
}

bool garbage(raider& x) {
  return x.send_garbage();
}

/// Stays until the node has answered a ping: then it is a peer there.
bool visit(raider& x) {
  if (!x.shake_hands())
    return false;
  x.send(ping_channel, small_ping());
  const auto before = clock::now();
  while (clock::now() < before + std::chrono::seconds{10}) {
    if (!x.turn({.reads = false}))
      return false;
    auto one = pollfd{x.fd(), POLLIN, 0};
    if (x.idle() && poll(&one, 1, 10) > 0)
      return true;
  }
  return false;
}

} // namespace

bool attack(const raid& what) {
  if (auto i = tactics().find(what.kind); i != tactics().end()) {
    keep_on(what, i->second());
    return true;
  }
  if (what.kind != "garbage" && what.kind != "visits")
    return false;
  const auto good = come_and_go(what, what.kind == "garbage" ? garbage : visit);
  fmt::print("{}\n{} connections\n", good, good);
  return true;
}

} // namespace troupe::bench
