// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_answers.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "troupe/actors/operator/operator_request.hpp"

namespace troupe {

namespace {

constexpr const char* stream_type = "application/x-ndjson";

std::optional<size_t> announced_size(MHD_Connection* connection) {
  const auto* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                 "Content-Length");
  if (text == nullptr)
    return std::nullopt;
  size_t result = 0;
  auto end = text + std::strlen(text);
  auto [last, code] = std::from_chars(text, end, result);
  // The library has refused what is no number.
  return code == std::errc{} && last == end ? result : SIZE_MAX;
}

http_response refusal() {
  return error_response(503, to_string(errc::shutting_down),
                        "the node has ended");
}

MHD_Result respond(http_client& who, const http_response& what) {
  auto* response = MHD_create_response_from_buffer(
      what.body.size(),
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
      const_cast<char*>(what.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr)
    return MHD_NO;
  MHD_add_response_header(response, "Content-Type", what.type.c_str());
  MHD_add_response_header(response, "Cache-Control", "no-store");
  if (!what.allow.empty())
    MHD_add_response_header(response, "Allow", what.allow.c_str());
  auto result = MHD_queue_response(who.connection, what.status, response);
  MHD_destroy_response(response);
  return result;
}

} // namespace

http_answers::http_answers(const http_limits& limits, http_clients& clients,
                           std::shared_ptr<http_mail> mail, clock now)
  : limits_(limits),
    clients_(clients),
    mail_(std::move(mail)),
    now_(now),
    requests_(limits.request_rate.burst, now()) {}

void http_answers::take_news() {
  auto news = mail_->take();
  closed_ = closed_ || news.closed;
  for (auto& [number, what] : news.answers)
    if (auto* who = clients_.find_request(number);
        who != nullptr && !who->response) {
      who->response = std::move(what);
      http_clients::resume(*who);
    }
  for (auto number : news.streams)
    if (auto* who = clients_.find_request(number);
        who != nullptr && !who->response)
      begin_stream(*who);
  for (auto number : news.readable)
    if (auto* who = clients_.find_request(number))
      http_clients::resume(*who);
  if (news.closed)
    clients_.for_each([](http_client& who) {
      if (who.asked && !who.response && !who.streaming) {
        who.response = refusal();
        http_clients::resume(who);
      }
    });
}

void http_answers::begin_stream(http_client& who) {
  who.streaming = clients_.book().streams(who.key, now_());
  if (!who.streaming) {
    mail_->forget(who.number);
    who.response = error_response(503, "too_many_streams",
                                  fmt::format("{} are followed already, the "
                                              "most",
                                              limits_.max_streams));
  }
  http_clients::resume(who);
}

void http_answers::target(http_client& who, const char* what) {
  forget(who);
  clients_.number(who, what);
}

MHD_Result http_answers::proceed(http_client& who, const char* method,
                                 const char* data, size_t& size) {
  if (who.ending)
    return MHD_NO;
  if (!std::exchange(who.begun, true))
    return begin(who, method);
  if (size > 0)
    return receive(who, data, size);
  return go_on(who);
}

void http_answers::completed(http_client& who) {
  forget(who);
  clients_.book().finished(who.key, now_());
}

void http_answers::forget(http_client& who) {
  if (who.number == 0)
    return;
  mail_->forget(who.number);
  clients_.forget_request(who);
}

/// The headers of a request are there.
MHD_Result http_answers::begin(http_client& who, const char* method) {
  clients_.book().began(who.key, now_());
  who.request.method = method;
  if (requests_.level(limits_.request_rate, now_()) < 1)
    return respond(who, error_response(429, to_string(errc::rate_limited),
                                       "too many requests"));
  requests_.take(limits_.request_rate, now_());
  if (announced_size(who.connection).value_or(0) > limits_.body_size_max)
    return respond(who, error_response(413, "oversized_body",
                                       fmt::format("a body has at most {} "
                                                   "bytes",
                                                   limits_.body_size_max)));
  return MHD_YES;
}

MHD_Result http_answers::receive(http_client& who, const char* data,
                                 size_t& size) const {
  // Nobody announced it, so nobody can be told.
  if (who.request.body.size() + size > limits_.body_size_max)
    return MHD_NO;
  who.request.body.append(data, std::exchange(size, 0));
  return MHD_YES;
}

/// All of a request is there, or an answer to it.
MHD_Result http_answers::go_on(http_client& who) {
  if (who.streaming)
    return respond_with_stream(who);
  if (who.response)
    return respond(who, *who.response);
  if (std::exchange(who.asked, true)) {
    http_clients::suspend(who);
    return MHD_YES;
  }
  if (closed_)
    return respond(who, refusal());
  mail_->expect(who.number);
  http_clients::suspend(who);
  handler_(who.number, std::move(who.request));
  return MHD_YES;
}

MHD_Result http_answers::respond_with_stream(http_client& who) {
  constexpr size_t block_size = 4096;
  auto* response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, block_size, &http_answers::on_read,
      new stream_reader{this, who.key}, &http_answers::on_read_end);
  if (response == nullptr)
    return MHD_NO;
  MHD_add_response_header(response, "Content-Type", stream_type);
  MHD_add_response_header(response, "Cache-Control", "no-store");
  auto result = MHD_queue_response(who.connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return result;
}

ssize_t http_answers::on_read(void* context, uint64_t, char* out, size_t size) {
  auto [self, key] = *static_cast<stream_reader*>(context);
  auto* who = self->clients_.find(key);
  return who != nullptr ? self->read(*who, {out, size})
                        : MHD_CONTENT_READER_END_WITH_ERROR;
}

void http_answers::on_read_end(void* context) {
  delete static_cast<stream_reader*>(context);
}

ssize_t http_answers::read(http_client& who, std::span<char> out) {
  if (who.ending)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  auto count = mail_->read(who.number, out);
  if (!count)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (*count == 0)
    http_clients::suspend(who);
  else
    clients_.book().progressed(who.key, now_());
  return static_cast<ssize_t>(*count);
}

} // namespace troupe
