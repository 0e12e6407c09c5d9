// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/shared_rate.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace troupe {

namespace {

/// No debt grows beyond this, or sums would overflow.
const int64_t most_owed = rate_slices::from_bytes(rate_slices::rate_max);

constexpr int64_t most_in_sum = std::numeric_limits<int64_t>::max() / 4;

/// Others may go, and with them what they owe, sooner than can be foreseen.
constexpr duration longest_wait = std::chrono::milliseconds{100};

} // namespace

// -- one connection -----------------------------------------------------------

shared_rate::share::~share() {
  auto guard = std::lock_guard{rate_->mutex_};
  auto& gone = rate_->gone_->owed;
  // Whoever comes and goes does not take away for long what others want.
  gone
      = std::min(gone + own_->owed, rate_->slices_.each() * rate_slices::parts);
  std::erase_if(rate_->debts_,
                [this](const auto& each) { return each.get() == own_; });
}

size_t shared_rate::share::allowance(time_point now) {
  // A connection asks several times in a turn.
  if (answered_at_ == now)
    return answer_;
  auto guard = std::lock_guard{rate_->mutex_};
  rate_->advance(now);
  answer_ = rate_slices::to_bytes(rate_->open_to(*own_));
  answered_at_ = now;
  return answer_;
}

void shared_rate::share::count(size_t size, time_point now) {
  if (size == 0)
    return;
  answered_at_.reset();
  auto guard = std::lock_guard{rate_->mutex_};
  rate_->advance(now);
  const auto cost = rate_slices::from_bytes(size);
  const auto paid = std::min(cost, rate_->left_);
  rate_->left_ -= paid;
  own_->owed = std::min(own_->owed + cost - paid, most_owed);
}

std::optional<time_point> shared_rate::share::next_wakeup(time_point now) {
  auto guard = std::lock_guard{rate_->mutex_};
  rate_->advance(now);
  if (rate_->open_to(*own_) > 0) {
    // Others have changed that since we said that it was nothing.
    if (answered_at_ != now || answer_ > 0)
      return std::nullopt;
    answered_at_.reset();
    return now;
  }
  // Until it has paid so much, everybody else pays as much, or all of its debt.
  const auto missing = own_->owed - rate_->part_of(*own_) + 1;
  return std::min(rate_->slices_.time_of(rate_->total(missing) - 1),
                  now + longest_wait);
}

// -- all of them --------------------------------------------------------------

std::shared_ptr<shared_rate> shared_rate::make(std::optional<uint64_t> rate) {
  const auto slices = rate_slices{rate};
  return slices.unlimited()
             ? nullptr
             : std::shared_ptr<shared_rate>{new shared_rate{slices}};
}

std::unique_ptr<shared_rate::share> shared_rate::join() {
  auto guard = std::lock_guard{mutex_};
  debts_.push_back(std::make_unique<debt>());
  return std::unique_ptr<share>{
      new share{shared_from_this(), debts_.back().get()}};
}

shared_rate::shared_rate(rate_slices slices)
  : slices_(slices),
    left_(slices.each()) {
  debts_.push_back(std::make_unique<debt>());
  gone_ = debts_.back().get();
}

/// Pays debts with what the time has brought.
void shared_rate::advance(time_point now) {
  const auto owed = total(most_owed);
  left_ += slices_.take(now, owed + slices_.each() - left_);
  if (owed == 0 || left_ == 0)
    return;
  sort();
  auto others = static_cast<int64_t>(debts_.size());
  for (const auto& each : debts_) {
    const auto part = (left_ + others - 1) / others;
    const auto paid = std::min(each->owed, part);
    each->owed -= paid;
    left_ -= paid;
    --others;
  }
}

/// What somebody may take now.
int64_t shared_rate::open_to(const debt& who) {
  if (left_ > 0)
    return left_;
  const auto part = part_of(who);
  if (who.owed == 0)
    return std::max<int64_t>(part, 1);
  return std::max<int64_t>(part - who.owed, 0);
}

/// What the next slice pays of somebody's debt, if that is large enough and
/// nobody else's grows until then.
int64_t shared_rate::part_of(const debt& who) {
  sort();
  auto rest = slices_.each();
  auto others = static_cast<int64_t>(debts_.size());
  for (const auto& each : debts_) {
    if (each->owed >= rest / others)
      break;
    if (each.get() == &who)
      continue;
    rest -= each->owed;
    --others;
  }
  return rest / others;
}

int64_t shared_rate::total(int64_t most) const {
  int64_t result = 0;
  for (const auto& each : debts_)
    result = std::min(result + std::min(each->owed, most), most_in_sum);
  return result;
}

/// Small debts first.
void shared_rate::sort() {
  std::sort(debts_.begin(), debts_.end(),
            [](const auto& x, const auto& y) { return x->owed < y->owed; });
}

} // namespace troupe
