// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "troupe/messages/time.hpp"
#include "troupe/transport/dns/name_service.hpp"

namespace troupe {

/// How `ares_names` asks.
struct ares_options {
  /// The servers, `IP:PORT` separated by commas. Empty: those of the system.
  std::string servers = {};

  /// How long the first question waits for its answer; each further one waits
  /// longer.
  std::chrono::milliseconds timeout = std::chrono::seconds{2};

  /// How often a server is asked.
  int tries = 3;

  /// When a lookup is given up, whatever became of its questions.
  duration give_up = std::chrono::seconds{30};
};

/// Looks up host names with c-ares: in `/etc/hosts` and in the DNS, as
/// `/etc/resolv.conf` and `/etc/nsswitch.conf` say. What only a plugin of the C
/// library knows is not found.
///
/// Unlike `getaddrinfo` it can give up. Its sockets are with a thread of its
/// own, which begins with the first lookup and ends with this.
class ares_names final : public name_service {
public:
  explicit ares_names(ares_options options = {});

  ares_names(const ares_names&) = delete;

  ares_names& operator=(const ares_names&) = delete;

  ~ares_names() override;

  void start(uint64_t number, const std::string& host,
             std::function<void(answer)> done) override;

  void cancel(uint64_t number) override;

private:
  class worker;

  bool launch();

  ares_options options_;
  /// Shared with the thread.
  std::shared_ptr<worker> worker_;
  std::thread thread_;
};

} // namespace troupe
