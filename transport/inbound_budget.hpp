// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "troupe/messages/errc.hpp"
#include "troupe/transport/receive_limits.hpp"

namespace troupe {

/// The memory of a node for what has arrived and is not done with, shared by
/// all of its connections.
///
/// Each connection says how much it holds. All have the same share. Nobody
/// waits for others to give something back: halves of messages would wait for
/// ever. When the memory is used up, the connection that holds most has to end,
/// and among equals the youngest, so that whoever comes in great numbers
/// displaces its own.
///
/// May be used by several threads at once. What it decides depends on the order
/// of calls and nothing else.
class inbound_budget : public std::enable_shared_from_this<inbound_budget> {
public:
  /// What one connection holds; gives it all back when it goes away.
  class account {
  public:
    account(const account&) = delete;

    account& operator=(const account&) = delete;

    ~account();

    /// Says how much the connection holds now.
    /// @returns `over_budget` if it has to end: it holds more than
    ///          `connection_memory`, or it was chosen, now or before.
    [[nodiscard]] errc hold(size_t bytes);

  private:
    friend class inbound_budget;

    account(std::shared_ptr<inbound_budget> budget, uint64_t number)
      : budget_(std::move(budget)),
        number_(number) {}

    std::shared_ptr<inbound_budget> budget_;
    uint64_t number_;
    size_t held_ = 0;
  };

  /// @param limits `connection_memory` and `node_memory` count.
  static std::shared_ptr<inbound_budget> make(const receive_limits& limits);

  /// Opens the account of a connection.
  /// @param chosen is called once if another connection's need ends this one:
  ///               by whichever thread that happens in, before that one's
  ///               `hold` returns. It must not use the budget.
  [[nodiscard]] std::unique_ptr<account> open(std::function<void()> chosen);

  /// What all connections hold, but for those that have to end.
  [[nodiscard]] size_t held() const;

private:
  struct entry {
    size_t held = 0;
    std::function<void()> chosen;
    bool condemned = false;
  };

  explicit inbound_budget(const receive_limits& limits)
    : connection_memory_(limits.connection_memory),
      node_memory_(limits.node_memory) {}

  errc hold(uint64_t number, size_t bytes);
  void condemn(entry& which);
  void close(uint64_t number);

  const size_t connection_memory_;
  const size_t node_memory_;
  mutable std::mutex mutex_;
  std::map<uint64_t, entry> entries_;
  uint64_t last_number_ = 0;
  size_t held_ = 0;
};

} // namespace troupe
