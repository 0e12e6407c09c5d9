// SPDX-License-Identifier: Apache-2.0

// What comes through the operators' socket, as far as it is ours: the method
// and the target on the first line, the body behind it. What is understood
// makes sense, what is not gets a short answer, and a port steers nothing.
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "troupe/actors/operator/operator_request.hpp"

namespace troupe::fuzz {

namespace {

using namespace operator_requests;

/// An answer quotes little of what it complains about.
constexpr size_t answer_size_max = 2048;

void look_at(const http_response& x) {
  require(x.status == 400 || x.status == 404 || x.status == 405,
          "what is not understood is the client's fault");
  require(x.allow.empty() == (x.status != 405), "405 says what there is");
  require(x.body.size() <= answer_size_max, "an answer is short");
  require(x.body.find('\n') == x.body.size() - 1, "an answer is one line");
  require(
      std::ranges::all_of(
          x.body, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }),
      "an answer can be printed");
  auto body = nlohmann::json::parse(x.body, nullptr, false);
  require(body.is_object() && body["error"].is_string()
              && body["message"].is_string(),
          "an answer is what the README says");
}

template <class T>
void look_at(const T&) {
  // Says nothing but its kind.
}

void look_at(const list_peers& x) {
  require(x.limit <= listed_peers_max, "a list has a bound");
}

void look_at(const dial& x) {
  require(x.address.protocol.empty() || validate(x.address).code == errc::none,
          "an address is valid, or nothing but an ID");
}

void look_at(const ban& x) {
  require(x.how_long > duration::zero(), "a ban lasts");
  require(x.reason.size() <= ban_reason_size_max, "a reason has a bound");
}

void look_at(const change_limits& x) {
  operator_limits once;
  x.patch.apply(once);
  for (const auto& rate : {once.inbound.ip_rate, once.inbound.subnet_rate,
                           once.inbound.total_rate})
    require(!rate || (rate->per_second > 0 && rate->burst >= 1),
            "what has a rate happens now and then");
  auto twice = once;
  x.patch.apply(twice);
  require(once == twice, "a change means the same the second time");
}

void look_at(const operator_request& x) {
  std::visit([](const auto& request) { look_at(request); }, x);
}

} // namespace

void run(byte_view input) {
  const auto text = text_of(input);
  const auto end = std::min(text.find('\n'), text.size());
  const auto blank = std::min(text.find(' '), end);
  http_request request;
  request.method = text.substr(0, blank);
  request.target = text.substr(std::min(blank + 1, end), end - blank);
  if (request.target.ends_with('\n'))
    request.target.pop_back();
  request.body = text.substr(std::min(end + 1, text.size()));
  auto everything
      = parse_operator_request(request, operator_surface::everything);
  std::visit([](const auto& x) { look_at(x); }, everything);
  auto little = parse_operator_request(request, operator_surface::read_only);
  if (const auto* refused = std::get_if<http_response>(&little)) {
    look_at(*refused);
    return;
  }
  const auto& allowed = std::get<operator_request>(little);
  require(std::holds_alternative<show_health>(allowed)
              || std::holds_alternative<show_metrics>(allowed),
          "a port only shows");
}

} // namespace troupe::fuzz
