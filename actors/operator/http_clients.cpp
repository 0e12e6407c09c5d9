// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_clients.hpp"

#include <utility>

#include <sys/socket.h>

namespace troupe {

http_client& http_clients::add(MHD_Connection* connection, time_point now) {
  const auto key = ++last_key_;
  auto& who = clients_[key];
  who.key = key;
  who.connection = connection;
  who.fd
      = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
  book_.opened(key, now);
  return who;
}

void http_clients::remove(const http_client& who) {
  const auto key = who.key;
  book_.closed(key);
  clients_.erase(key);
}

http_client* http_clients::find(http_connections::key key) {
  auto i = clients_.find(key);
  return i != clients_.end() ? &i->second : nullptr;
}

http_client& http_clients::of(MHD_Connection* connection) {
  const auto* info
      = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return *static_cast<http_client*>(info->socket_context);
}

void http_clients::make_room() {
  if (auto key = book_.longest_idle())
    if (auto* who = find(*key))
      expire(*who);
}

void http_clients::number(http_client& who, const char* target) {
  who.number = ++last_number_;
  who.request.target = target;
  asking_[who.number] = &who;
}

void http_clients::forget_request(http_client& who) {
  asking_.erase(who.number);
  who.number = 0;
  who.request = {};
  who.begun = who.asked = who.streaming = false;
  who.response.reset();
}

http_client* http_clients::find_request(uint64_t number) {
  auto i = asking_.find(number);
  return i != asking_.end() ? i->second : nullptr;
}

void http_clients::suspend(http_client& who) {
  who.suspended = true;
  MHD_suspend_connection(who.connection);
}

void http_clients::resume(http_client& who) {
  if (std::exchange(who.suspended, false))
    MHD_resume_connection(who.connection);
}

void http_clients::expire(http_client& who) {
  who.ending = true;
  shutdown(who.fd, SHUT_RDWR);
  resume(who);
}

void http_clients::expire_due(time_point now) {
  for (auto key : book_.expired(now))
    if (auto* who = find(key))
      expire(*who);
}

} // namespace troupe
