// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "troupe/actors/channel/exchange_rules.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// For so long after a channel was opened, an answer that nobody asked for is
/// no offence, whatever its descriptor says: those who had the channel before,
/// another reactor or our own process before it was started again, may have
/// asked for it.
inline constexpr duration unasked_grace = std::chrono::minutes{2};

/// The questions of a channel that wait for their answers. An answer counts for
/// the peer that was asked and the key of the question, and for nobody else;
/// not for a connection, since one may be replaced by another between question
/// and answer.
///
/// What is remembered of questions that were given up has a bound. Beyond it,
/// only their number is: so many answers that would otherwise be unasked are
/// late, so that nobody seems to have said what it was not asked for because we
/// forget.
class ask_table {
public:
  /// @param per_peer most questions to a peer at once, at least 1; and so many
  ///        that were given up are remembered by their keys.
  explicit ask_table(size_t per_peer) : per_peer_(per_peer) {}

  /// Peers that have gone and of which is remembered what they were asked.
  static constexpr size_t gone_max = 256;

  /// A question goes to a peer.
  /// @returns its number, or `queue_full` if there are as many as may be, or
  ///          the same one waits already.
  result<uint64_t> ask(const node_id& whom, question_key what,
                       time_point deadline);

  /// What an answer turned out to be.
  struct verdict {
    enum class kind : uint8_t {
      /// Of a question that waited for it, which is closed.
      answer,
      /// Of one that was given up, or maybe so: honest, and of no use.
      late,
      /// Nobody asked for it.
      unasked,
    };
    kind what = kind::unasked;
    uint64_t question = 0; // If it is an answer.
  };

  /// An answer has come that may be one to any of those questions.
  verdict answer(const node_id& from, const std::vector<question_key>& of);

  /// A question was not sent, or is not of interest any more.
  void close(uint64_t question);

  /// A peer has gone, with all its connections. @returns the questions that it
  /// leaves open, in their order.
  std::vector<uint64_t> leave(const node_id& who);

  /// Gives up what is due. @returns those questions.
  std::vector<uint64_t> expire(time_point now);

  /// When `expire` has something to do, if ever.
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  /// Whom of those to ask next: who has fewest questions open, and of these who
  /// was asked longest ago. Nothing if there is nobody.
  [[nodiscard]] std::optional<node_id>
  choose(const std::vector<node_id>& among) const;

private:
  struct question {
    node_id whom;
    question_key what;
    time_point deadline;
  };

  /// What goes on with one peer.
  struct conversation {
    uint64_t last_asked = 0; // Number of the question.
    std::map<question_key, uint64_t> open = {};
    std::deque<question_key> given_up = {};
    uint64_t owed = 0; // Answers to questions that are not remembered.
  };

  void give_up(const question& what);
  void forget_the_gone();
  static bool take_owed(uint64_t& from);

  size_t per_peer_;
  uint64_t last_ = 0;
  std::map<uint64_t, question> questions_;
  std::set<std::pair<time_point, uint64_t>> deadlines_;
  std::map<node_id, conversation> conversations_;
  std::deque<node_id> gone_;
  uint64_t owed_ = 0; // As of a conversation, of peers that are forgotten.
};

} // namespace troupe
