// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include <microhttpd.h>

#include "troupe/actors/operator/http_connections.hpp"
#include "troupe/actors/operator/http_limits.hpp"
#include "troupe/actors/operator/http_message.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// A connection of an HTTP server, and the request that it carries.
struct http_client {
  http_connections::key key = 0;
  MHD_Connection* connection = nullptr;
  int fd = -1;

  /// Of the present request; 0 if there is none.
  uint64_t number = 0;
  http_request request = {};
  bool begun = false;
  bool asked = false;
  bool streaming = false;
  std::optional<http_response> response = {};

  bool suspended = false;
  /// Its time is over.
  bool ending = false;
};

/// The connections that libmicrohttpd has, by key and by the number of their
/// request, and which of them has to end.
class http_clients {
public:
  explicit http_clients(const http_limits& limits) : book_(limits) {}

  // -- connections ------------------------------------------------------------

  http_client& add(MHD_Connection* connection, time_point now);

  void remove(const http_client& who);

  [[nodiscard]] http_client* find(http_connections::key key);

  /// Returns whose connection that is; `add` was called for it.
  static http_client& of(MHD_Connection* connection);

  /// Ends who has been idle for longest, if that makes room for another one.
  void make_room();

  [[nodiscard]] bool has_room() const {
    return book_.has_room();
  }

  [[nodiscard]] bool empty() const {
    return clients_.empty();
  }

  template <class F>
  void for_each(F what) {
    for (auto& [key, who] : clients_)
      what(who);
  }

  // -- requests ---------------------------------------------------------------

  /// A request begins.
  void number(http_client& who, const char* target);

  /// The present request is over.
  void forget_request(http_client& who);

  /// Returns whose request has that number.
  [[nodiscard]] http_client* find_request(uint64_t number);

  // -- what they do -----------------------------------------------------------

  /// Nothing is asked of the connection until `resume`.
  static void suspend(http_client& who);

  static void resume(http_client& who);

  /// Ends a connection from outside; the library sees the end of its input.
  static void expire(http_client& who);

  /// Ends those whose time is over.
  void expire_due(time_point now);

  /// How long each may go on.
  [[nodiscard]] http_connections& book() {
    return book_;
  }

private:
  http_connections book_;
  std::map<http_connections::key, http_client> clients_;
  std::map<uint64_t, http_client*> asking_;
  http_connections::key last_key_ = 0;
  uint64_t last_number_ = 0;
};

} // namespace troupe
