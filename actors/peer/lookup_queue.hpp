// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"

namespace troupe {

/// How much a `lookup_queue` takes on.
struct lookup_limits {
  /// Most lookups at once.
  size_t running_max = 8;

  /// Most questions that have no answer yet, of all askers and of one.
  size_t questions_max = 4096;
  size_t questions_per_asker = 1024;
};

/// Decides which host name is looked up next, and who hears of the answer.
///
/// A name has one lookup at a time, whoever asks for it, and a lookup lasts as
/// long as somebody waits for it. Askers take turns, so that one with a long
/// list keeps nobody out.
class lookup_queue {
public:
  /// Numbers that the caller gives to those who ask.
  using asker = uint64_t;

  /// A question that waits for its answer.
  using ticket = uint64_t;

  /// A lookup that runs.
  struct lookup {
    uint64_t number = 0;
    std::string name;
  };

  explicit lookup_queue(lookup_limits limits = {}) : limits_(limits) {}

  /// Asks for a name. @returns `queue_full` beyond the limits.
  result<ticket> ask(asker who, const std::string& name);

  /// Takes back all questions of an asker.
  /// @returns the numbers of the lookups that nobody waits for any more: the
  ///          caller ends them, and does not call `finish`.
  std::vector<uint64_t> forget(asker who);

  /// Returns the next lookup to begin, if there may be another one.
  std::optional<lookup> next();

  /// A lookup has an answer. @returns who waited for it.
  std::vector<ticket> finish(uint64_t number);

  /// Questions without an answer.
  [[nodiscard]] size_t questions() const {
    return questions_;
  }

private:
  struct question {
    ticket number;
    asker who;
  };

  struct entry {
    std::vector<question> questions;
    /// Absent while the name waits for its turn.
    std::optional<uint64_t> running;
  };

  /// What an asker waits for. A name whose lookup began in another asker's turn
  /// stays in the list, and is passed over.
  struct list {
    std::deque<std::string> names;
    size_t questions = 0;
  };

  void answered(asker who, const std::string& name);

  lookup_limits limits_;
  std::map<std::string, entry> entries_;
  std::map<asker, list> askers_;
  /// Askers with names in their lists, the next one first.
  std::deque<asker> turns_;
  std::map<uint64_t, std::string> running_;
  size_t questions_ = 0;
  uint64_t last_ticket_ = 0;
  uint64_t last_lookup_ = 0;
};

} // namespace troupe
