// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_filter_actor.hpp"

#include <deque>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

namespace {

caf::result<void> answer(const failure& verdict) {
  if (verdict.code != errc::none)
    return to_error(verdict);
  return caf::unit;
}

/// The questions that one filter was asked.
class question_list {
public:
  using promise = caf::typed_response_promise<void>;

  explicit question_list(std::string_view filter) : filter_(filter) {}

  [[nodiscard]] size_t unanswered() const noexcept {
    return unanswered_;
  }

  /// @returns the number of the question.
  uint64_t add(promise asker, time_point deadline) {
    ++unanswered_;
    waiting_.push_back({++last_, deadline, std::move(asker)});
    return last_;
  }

  /// Passes an answer on, unless it comes too late.
  void answered(uint64_t number, const caf::error& reason) {
    --unanswered_;
    for (auto i = waiting_.begin(); i != waiting_.end(); ++i) {
      if (i->number != number)
        continue;
      if (reason)
        i->asker.deliver(caf::make_error(
            errc::filtered, fmt::format("{}: {}", filter_, text_of(reason))));
      else
        i->asker.deliver();
      waiting_.erase(i);
      return;
    }
  }

  void expire(time_point now) {
    while (!waiting_.empty() && waiting_.front().deadline <= now) {
      waiting_.front().asker.deliver(caf::make_error(
          errc::timeout, fmt::format("{}: no answer in time", filter_)));
      waiting_.pop_front();
    }
  }

  /// Deadlines are in the order of asking.
  [[nodiscard]] std::optional<time_point> next_wakeup() const {
    if (waiting_.empty())
      return std::nullopt;
    return waiting_.front().deadline;
  }

  [[nodiscard]] caf::error too_many() const {
    return caf::make_error(
        errc::rate_limited,
        fmt::format("{}: too many questions without an answer", filter_));
  }

private:
  struct question {
    uint64_t number;
    time_point deadline;
    promise asker;
  };

  std::string_view filter_;
  uint64_t last_ = 0;
  size_t unanswered_ = 0;
  std::deque<question> waiting_;
};

struct peer_filter_state {
  static inline const char* name = "troupe.peer-filter";

  peer_filter_state(peer_filter_actor::pointer ptr, peer_filter_options what)
    : self(ptr),
      options(std::move(what)) {}

  peer_filter_actor::behavior_type make_behavior() {
    return {
        [this](filter_atom, const endpoint& where) { return check(where); },
        [this](filter_atom, const node_id& id, const endpoint& where) {
          return ask(options.by_id, by_id, id, where);
        },
    };
  }

  caf::result<void> check(const endpoint& where) {
    if (where.ip && !options.lists.passes(*where.ip))
      return caf::make_error(
          errc::filtered, fmt::format("{} is not allowed", to_string(where)));
    return ask(options.by_ip, by_ip, where);
  }

  /// Without the request's own timeout: only this way late answers are seen,
  /// and a filter that falls behind is not asked ever more.
  template <class Filter, class... Ts>
  caf::result<void> ask(const Filter& filter, question_list& questions,
                        const Ts&... xs) {
    if (!filter)
      return caf::unit;
    if (questions.unanswered() >= options.questions_max)
      return questions.too_many();
    auto promise = self->make_response_promise<void>();
    auto number = questions.add(promise, now() + options.timeout);
    self->request(filter, caf::infinite, filter_atom_v, xs...)
        .then([&questions, number] { questions.answered(number, {}); },
              [&questions, number](const caf::error& reason) {
                // Whatever it is, it is not yes.
                questions.answered(
                    number, reason ? reason : caf::make_error(errc::filtered));
              });
    set_alarm(questions);
    return promise;
  }

  void set_alarm(const question_list& questions) {
    if (auto when = questions.next_wakeup())
      deadline.set(self, *when, [this] { expire(); });
  }

  void expire() {
    for (auto* questions : {&by_ip, &by_id}) {
      questions->expire(now());
      set_alarm(*questions);
    }
  }

  time_point now() const {
    return self->system().clock().now();
  }

  peer_filter_actor::pointer self;
  peer_filter_options options;
  question_list by_ip{"ip_filter"};
  question_list by_id{"id_filter"};
  alarm deadline;
};

} // namespace

ip_filter_actor
spawn_ip_filter(caf::actor_system& sys,
                std::function<failure(const endpoint&)> decide) {
  return sys.spawn([decide = std::move(decide)](ip_filter_actor::pointer)
                       -> ip_filter_actor::behavior_type {
    return {
        [decide](filter_atom, const endpoint& where) {
          return answer(decide(where));
        },
    };
  });
}

id_filter_actor spawn_id_filter(
    caf::actor_system& sys,
    std::function<failure(const node_id&, const endpoint&)> decide) {
  return sys.spawn([decide = std::move(decide)](id_filter_actor::pointer)
                       -> id_filter_actor::behavior_type {
    return {
        [decide](filter_atom, const node_id& id, const endpoint& where) {
          return answer(decide(id, where));
        },
    };
  });
}

peer_filter_actor spawn_peer_filter(caf::actor_system& sys,
                                    peer_filter_options options) {
  return spawn_state<peer_filter_state, peer_filter_actor>(sys,
                                                           std::move(options));
}

} // namespace troupe
