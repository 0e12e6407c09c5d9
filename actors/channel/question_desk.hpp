// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/actors/channel/answer_passes.hpp"
#include "troupe/actors/channel/ask_table.hpp"
#include "troupe/actors/channel/peer_routes.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/envelope.hpp"
#include "troupe/messages/message_body.hpp"
#include "troupe/messages/shared_bytes.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

/// Asks peers for a channel, and takes their answers back to who wanted them.
/// `Self` is the pointer to the channel's actor.
template <class Self>
class question_desk {
public:
  /// The last two outlive the desk.
  question_desk(Self self, channel_id channel, size_t per_peer,
                const peer_routes& routes, answer_passes& passes)
    : self_(self),
      channel_(channel),
      table_(per_peer),
      routes_(routes),
      passes_(passes) {}

  /// Asks one peer.
  caf::result<inbound_envelope> ask(const node_id& whom,
                                    const message_body& body, question_key what,
                                    caf::timespan patience) {
    const auto* way = routes_.find(whom);
    if (way == nullptr)
      return caf::make_error(errc::not_connected);
    if (!way->sender)
      return caf::make_error(errc::peer_lacks_channel);
    asking next{self_->template make_response_promise<inbound_envelope>(),
                body.share(), std::move(what), patience};
    auto promise = next.promise;
    if (auto bad = ask_peer(whom, std::move(next)))
      promise.deliver(std::move(bad));
    return promise;
  }

  /// Asks one peer after the other, up to `peers`, until one answers.
  caf::result<inbound_envelope> ask_any(const message_body& body,
                                        question_key what,
                                        caf::timespan patience,
                                        uint64_t peers) {
    asking next{self_->template make_response_promise<inbound_envelope>(),
                body.share(), std::move(what), patience, peers};
    auto promise = next.promise;
    ask_next(std::move(next), caf::make_error(errc::not_connected));
    return promise;
  }

  /// An answer has come, to one of those questions if to any.
  ask_table::verdict::kind answer(const node_id& from,
                                  inbound_envelope& envelope,
                                  const std::vector<question_key>& of) {
    auto found = table_.answer(from, of);
    if (found.what == ask_table::verdict::kind::answer)
      finish(found.question).promise.deliver(std::move(envelope));
    else
      passes_.give_back(from);
    return found.what;
  }

  /// A peer has gone, with all its connections.
  void leave(const node_id& who) {
    for (auto number : table_.leave(who))
      fail(finish(number), caf::make_error(errc::not_connected));
  }

private:
  struct asking {
    caf::typed_response_promise<inbound_envelope> promise;
    shared_bytes body;
    question_key what;
    caf::timespan patience;
    // How many peers may still be asked, and who was. Only of `ask_any`.
    uint64_t peers_left = 0;
    std::vector<node_id> asked = {};
    node_id whom = {};
  };

  /// @returns an error if there is no question then; `next` is as it was.
  caf::error ask_peer(const node_id& whom, asking&& next) {
    const auto to = routes_.find(whom)->sender;
    const auto now = self_->system().clock().now();
    auto number = table_.ask(whom, next.what, now + next.patience);
    if (!number)
      return to_error(number.error());
    passes_.opened(whom);
    auto message = outbound_envelope{whom, channel_, message_body{next.body}};
    next.whom = whom;
    asking_.emplace(*number, std::move(next));
    self_->request(to, caf::infinite, send_atom_v, std::move(message))
        .then([] {},
              [this, number = *number](const caf::error& reason) {
                not_sent(number, reason);
              });
    wake();
    return {};
  }

  void ask_next(asking&& next, caf::error reason) {
    while (next.peers_left > 0) {
      auto whom = table_.choose(candidates(next.asked));
      if (!whom)
        break;
      --next.peers_left;
      next.asked.push_back(*whom);
      reason = ask_peer(*whom, std::move(next));
      if (!reason)
        return;
    }
    next.promise.deliver(std::move(reason));
  }

  std::vector<node_id> candidates(const std::vector<node_id>& asked) const {
    std::vector<node_id> result;
    for (const auto& [peer, way] : routes_)
      if (way.sender
          && std::find(asked.begin(), asked.end(), peer) == asked.end())
        result.push_back(peer);
    return result;
  }

  /// An error of CAF says that the connection has ended.
  void not_sent(uint64_t number, const caf::error& reason) {
    if (asking_.count(number) == 0)
      return;
    table_.close(number);
    fail(finish(number), caf::make_error(code_of(reason, errc::not_connected)));
  }

  asking finish(uint64_t number) {
    auto node = asking_.extract(number);
    passes_.closed(node.mapped().whom);
    return std::move(node.mapped());
  }

  void fail(asking&& what, caf::error reason) {
    if (what.peers_left > 0)
      ask_next(std::move(what), std::move(reason));
    else
      what.promise.deliver(std::move(reason));
  }

  void wake() {
    if (auto when = table_.next_deadline())
      alarm_.set(self_, *when, [this] {
        for (auto number : table_.expire(self_->system().clock().now()))
          fail(finish(number), caf::make_error(errc::timeout));
        wake();
      });
  }

  Self self_;
  channel_id channel_;
  ask_table table_;
  const peer_routes& routes_;
  answer_passes& passes_;
  std::map<uint64_t, asking> asking_;
  alarm alarm_;
};

} // namespace troupe
