// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/behavior.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/transport/alarm.hpp"
#include "troupe/transport/tcp/accept_loop.hpp"
#include "troupe/transport/tcp/pending_dials.hpp"
#include "troupe/transport/tcp/stream_network.hpp"

namespace troupe {

/// The state of a `transport_actor` over a network of any kind: a broker's, and
/// in simulations an ordinary actor's.
class stream_transport_state {
public:
  explicit stream_transport_state(caf::scheduled_actor* self) : self_(self) {}

  /// @param on_refused told the reason whenever a connection is turned away
  ///        because of `options`. Null: nobody is told.
  caf::behavior start(std::unique_ptr<stream_network> network,
                      accept_options options,
                      std::function<void(errc)> on_refused);

private:
  using connection_promise = caf::typed_response_promise<caf::actor>;

  /// An attempt to connect, and who asked for it.
  struct attempt {
    endpoint where;
    connection_promise promise;
    std::unique_ptr<dialing_socket> socket = {};
  };

  caf::result<endpoint> listen(const endpoint& where);
  caf::result<caf::actor> accept();
  void serve();
  [[nodiscard]] bool may_take() const;
  void consider(std::unique_ptr<open_socket> socket);
  void admit(open_socket& socket, connection_slot slot);
  void wake_up();
  void set_alarm();
  void close();

  caf::result<caf::actor> connect(const endpoint& where, caf::timespan limit);
  void connected(uint64_t id, result<std::unique_ptr<open_socket>> outcome);
  void set_dial_alarm();
  void expire_dials();

  [[nodiscard]] time_point now() const;

  caf::scheduled_actor* self_;
  std::unique_ptr<stream_network> network_;
  std::function<void(errc)> on_refused_;

  std::optional<accept_loop> loop_;
  bool closed_ = false;
  std::deque<connection_promise> waiting_;
  std::map<caf::actor_addr, connection_slot> accepted_; // Dies before `loop_`.
  alarm wakeup_;

  pending_dials<attempt> dials_;
  alarm dial_alarm_;

  /// Their callbacks use the rest.
  std::vector<std::unique_ptr<listening_socket>> listeners_;
  size_t next_listener_ = 0;
};

} // namespace troupe
