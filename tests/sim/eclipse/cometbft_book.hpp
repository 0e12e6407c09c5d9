// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace troupe::eclipse {

/// An address as CometBFT's book has it: an ID, a place, and the /16 that the
/// place belongs to.
struct book_address {
  std::string id = {};
  std::string place = {};
  std::string group = {};
};

/// The rules of CometBFT's address book (v0.38 to v1.0), written from their
/// description: the sizes and what is decided by chance are theirs, the hash is
/// not, as that is random in each process anyway. Times are in seconds.
///
/// `tests/sim/README.md` says how it was compared with the original.
class cometbft_book {
public:
  static constexpr size_t new_buckets = 256;
  static constexpr size_t old_buckets = 64;
  /// A bucket is full when it has more than this.
  static constexpr size_t bucket_size = 64;
  static constexpr size_t new_buckets_per_source_group = 32;
  static constexpr size_t old_buckets_per_group = 4;
  static constexpr size_t buckets_per_address = 4;
  static constexpr size_t enough = 1000;

  explicit cometbft_book(uint64_t seed);

  void add(const book_address& address, const book_address& source, double now);
  void good(const std::string& id, double now);
  void attempt(const std::string& id, double now);
  void remove(const std::string& id);

  /// Whom to dial. @param bias to new addresses, 0 to 100.
  std::optional<book_address> pick(int bias);

  /// What is told to others.
  std::vector<book_address> select();

  /// The process starts anew: places stay, the hash that finds new ones
  /// changes.
  void restart();

  [[nodiscard]] size_t size() const {
    return known_.size();
  }

  [[nodiscard]] size_t old() const {
    return old_count_;
  }

  /// Number of buckets with somebody in them, and of places that are taken.
  [[nodiscard]] size_t used(bool old) const;
  [[nodiscard]] size_t places() const;

  /// Number of addresses by group.
  [[nodiscard]] std::map<std::string, size_t> groups(bool only_old) const;

private:
  struct entry {
    book_address address = {};
    book_address source = {};
    size_t attempts = 0;
    double last_attempt = 0;
    std::optional<double> last_success = {};
    bool old = false;
    std::vector<size_t> buckets = {};
  };

  using bucket = std::vector<std::string>;

  uint64_t draw(uint64_t below);
  [[nodiscard]] uint64_t hash(const std::string& text) const;
  [[nodiscard]] size_t new_bucket(const book_address& address,
                                  const book_address& source) const;
  [[nodiscard]] size_t old_bucket(const book_address& address) const;
  static bool is_bad(const entry& x, double now);
  void put_new(entry& x, size_t where, double now);
  void leave(entry& x, size_t where);
  void leave_all(entry& x);
  void expire(size_t where, double now);
  const std::string& oldest(const bucket& among) const;

  std::mt19937_64 dice_;
  uint64_t key_;
  std::map<std::string, entry> known_;
  std::array<bucket, new_buckets> new_;
  std::array<bucket, old_buckets> old_;
  size_t old_count_ = 0;
};

} // namespace troupe::eclipse
