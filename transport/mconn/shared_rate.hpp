// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "troupe/messages/time.hpp"
#include "troupe/transport/mconn/rate_slices.hpp"

namespace troupe {

/// A rate that all connections of a node share, one way.
///
/// Whoever takes something owes it, and each slice of time pays the debts in
/// equal parts, small ones first. Nobody waits whose debt the next slice pays:
/// whoever takes less than an equal share does not, and the rest goes to those
/// who want more. What a slice leaves over is there for the next one, so that
/// an alarm that comes late costs nothing, and lost after that.
/// What connections owe that have gone is paid like the debt of one that is
/// here.
///
/// May be used by several threads at once; a share takes the lock about twice
/// for each burst, not for each packet.
class shared_rate : public std::enable_shared_from_this<shared_rate> {
  struct debt {
    int64_t owed = 0;
  };

public:
  /// One connection's part in it.
  class share {
  public:
    share(const share&) = delete;

    share& operator=(const share&) = delete;

    ~share();

    /// Returns how many bytes may go now, 0 while it owes too much.
    [[nodiscard]] size_t allowance(time_point now);

    /// Accounts for `size` bytes, whether they were allowed or not.
    void count(size_t size, time_point now);

    /// When `allowance` may be above 0, if others take no more meanwhile.
    /// Nothing if it is already.
    [[nodiscard]] std::optional<time_point> next_wakeup(time_point now);

  private:
    friend class shared_rate;

    share(std::shared_ptr<shared_rate> rate, debt* own)
      : rate_(std::move(rate)),
        own_(own) {}

    std::shared_ptr<shared_rate> rate_;
    debt* own_; // Of `rate_`, like its mutex.
    /// The latest answer, which holds until something is counted.
    size_t answer_ = 0;
    std::optional<time_point> answered_at_;
  };

  /// @param rate bytes a second; absent or 0 means unlimited.
  /// @returns null without a limit.
  static std::shared_ptr<shared_rate> make(std::optional<uint64_t> rate);

  /// Adds a connection.
  [[nodiscard]] std::unique_ptr<share> join();

private:
  explicit shared_rate(rate_slices slices);

  void advance(time_point now);
  [[nodiscard]] int64_t open_to(const debt& who);
  [[nodiscard]] int64_t part_of(const debt& who);

  /// Sums up what everybody owes, but of each no more than `most`.
  [[nodiscard]] int64_t total(int64_t most) const;

  void sort();

  std::mutex mutex_;
  rate_slices slices_;
  /// What nobody has taken yet. 0 while somebody owes something.
  int64_t left_;
  /// In no particular order.
  std::vector<std::unique_ptr<debt>> debts_;
  debt* gone_; // Of all who have gone, one of `debts_`.
};

/// What all connections of a node may send and receive together. Null: no
/// limit.
struct node_rates {
  std::shared_ptr<shared_rate> send = {};
  std::shared_ptr<shared_rate> receive = {};
};

} // namespace troupe
