// SPDX-License-Identifier: Apache-2.0
#include "cometbft_book.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::eclipse {

namespace {

constexpr double minute = 60;
constexpr double day = 24 * 60 * minute;

} // namespace

cometbft_book::cometbft_book(uint64_t seed) : dice_(seed), key_(dice_()) {}

uint64_t cometbft_book::draw(uint64_t below) {
  return below == 0 ? 0 : dice_() % below;
}

/// Any hash will do that has a key.
uint64_t cometbft_book::hash(const std::string& text) const {
  auto result = key_;
  for (auto x : text) {
    result ^= static_cast<unsigned char>(x);
    result *= 0x100000001b3;
    result ^= result >> 29;
  }
  result *= 0xff51afd7ed558ccd;
  return result ^ (result >> 32);
}

size_t cometbft_book::new_bucket(const book_address& address,
                                 const book_address& source) const {
  const auto which
      = hash(address.group + "|" + source.group) % new_buckets_per_source_group;
  return hash(source.group + "#" + std::to_string(which)) % new_buckets;
}

size_t cometbft_book::old_bucket(const book_address& address) const {
  const auto which = hash(address.place) % old_buckets_per_group;
  return hash(address.group + "@" + std::to_string(which)) % old_buckets;
}

// -- what happens -------------------------------------------------------------

void cometbft_book::add(const book_address& address, const book_address& source,
                        double now) {
  auto [i, is_new] = known_.try_emplace(address.id);
  auto& x = i->second;
  if (is_new) {
    x.address = address;
    x.source = source;
    x.last_attempt = now;
  } else {
    if (x.old || x.buckets.size() == buckets_per_address
        || draw(2 * x.buckets.size()) != 0)
      return;
  }
  put_new(x, new_bucket(x.address, source), now);
}

void cometbft_book::put_new(entry& x, size_t where, double now) {
  if (std::count(x.buckets.begin(), x.buckets.end(), where) != 0)
    return;
  if (new_[where].size() > bucket_size)
    expire(where, now);
  new_[where].push_back(x.address.id);
  x.buckets.push_back(where);
}

bool cometbft_book::is_bad(const entry& x, double now) {
  if (x.old || x.last_attempt > now - minute)
    return false;
  if (x.last_attempt < now - 7 * day)
    return true;
  if (!x.last_success && x.attempts >= 3)
    return true;
  return x.last_success.value_or(0) < now - 7 * day && x.attempts >= 10;
}

const std::string& cometbft_book::oldest(const bucket& among) const {
  return *std::min_element(
      among.begin(), among.end(), [this](const auto& a, const auto& b) {
        return known_.at(a).last_attempt < known_.at(b).last_attempt;
      });
}

void cometbft_book::expire(size_t where, double now) {
  auto bad = std::find_if(
      new_[where].begin(), new_[where].end(),
      [&](const auto& id) { return is_bad(known_.at(id), now); });
  const auto id = bad != new_[where].end() ? *bad : oldest(new_[where]);
  auto& x = known_.at(id);
  leave(x, where);
  if (x.buckets.empty())
    known_.erase(id);
}

void cometbft_book::leave(entry& x, size_t where) {
  std::erase(x.buckets, where);
  std::erase(x.old ? old_[where] : new_[where], x.address.id);
}

void cometbft_book::leave_all(entry& x) {
  while (!x.buckets.empty())
    leave(x, x.buckets.back());
}

void cometbft_book::good(const std::string& id, double now) {
  auto i = known_.find(id);
  if (i == known_.end())
    return;
  auto& x = i->second;
  x.attempts = 0;
  x.last_attempt = now;
  x.last_success = now;
  if (x.old)
    return;
  leave_all(x);
  const auto where = old_bucket(x.address);
  if (old_[where].size() > bucket_size) {
    // Upstream means to make it new again, and loses it: what is still marked
    // old is refused there.
    const auto other = oldest(old_[where]);
    leave(known_.at(other), where);
    --old_count_;
    known_.erase(other);
  }
  x.old = true;
  ++old_count_;
  old_[where].push_back(id);
  x.buckets.push_back(where);
}

void cometbft_book::attempt(const std::string& id, double now) {
  auto i = known_.find(id);
  if (i == known_.end())
    return;
  ++i->second.attempts;
  i->second.last_attempt = now;
}

void cometbft_book::remove(const std::string& id) {
  auto i = known_.find(id);
  if (i == known_.end())
    return;
  leave_all(i->second);
  if (i->second.old)
    --old_count_;
  known_.erase(i);
}

void cometbft_book::restart() {
  key_ = dice_();
}

// -- choices ------------------------------------------------------------------

std::optional<book_address> cometbft_book::pick(int bias) {
  if (known_.empty())
    return std::nullopt;
  const auto new_count = known_.size() - old_count_;
  const auto for_old
      = std::sqrt(static_cast<double>(old_count_)) * (100 - bias);
  const auto for_new = std::sqrt(static_cast<double>(new_count)) * bias;
  const auto chance = static_cast<double>(draw(uint64_t{1} << 32))
                      / static_cast<double>(uint64_t{1} << 32);
  const auto from_old = (for_old + for_new) * chance < for_old;
  if ((from_old ? old_count_ : new_count) == 0)
    return std::nullopt;
  const bucket* from = nullptr;
  do {
    from = from_old ? &old_[draw(old_buckets)] : &new_[draw(new_buckets)];
  } while (from->empty());
  return known_.at((*from)[draw(from->size())]).address;
}

std::vector<book_address> cometbft_book::select() {
  std::vector<book_address> result;
  for (const auto& [id, x] : known_)
    result.push_back(x.address);
  std::shuffle(result.begin(), result.end(), dice_);
  const auto size = result.size();
  const auto count = std::min(
      std::max(std::min<size_t>(32, size), size * 23 / 100), size_t{250});
  result.resize(count);
  return result;
}

// -- numbers ------------------------------------------------------------------

size_t cometbft_book::used(bool old) const {
  auto taken = [](const bucket& x) { return !x.empty(); };
  return static_cast<size_t>(
      old ? std::count_if(old_.begin(), old_.end(), taken)
          : std::count_if(new_.begin(), new_.end(), taken));
}

size_t cometbft_book::places() const {
  size_t result = 0;
  for (const auto& x : new_)
    result += x.size();
  return result;
}

std::map<std::string, size_t> cometbft_book::groups(bool only_old) const {
  std::map<std::string, size_t> result;
  for (const auto& [id, x] : known_)
    if (x.old || !only_old)
      ++result[x.address.group];
  return result;
}

} // namespace troupe::eclipse
