// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_request.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "troupe/actors/operator/json_input.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

using nlohmann::json;
using namespace operator_requests;

using parsed = std::variant<operator_request, http_response>;

/// A century; what is longer, a clock cannot count.
constexpr double seconds_max = 100 * 365.25 * 86'400;

http_response bad_request(std::string_view message) {
  return error_response(400, to_string(errc::invalid_option), message);
}

/// The fields of a body, each of which has to be asked for.
class body_reader {
public:
  body_reader(const http_request& request,
              std::initializer_list<std::string_view> names) {
    auto object = parse_json_object(request.body);
    if (!object) {
      problem_ = object.error().context;
      return;
    }
    fields_ = std::move(*object);
    for (const auto& [name, value] : fields_.items()) {
      auto known = false;
      for (auto expected : names)
        known = known || name == expected;
      if (!known)
        complain(fmt::format("{} is no field of this request",
                             troupe::quoted(name)));
    }
  }

  /// Empty if all is well.
  [[nodiscard]] const std::string& problem() const {
    return problem_;
  }

  void complain(std::string text) {
    if (problem_.empty())
      problem_ = std::move(text);
  }

  std::string text(const char* name, std::string_view expected) {
    auto i = fields_.find(name);
    if (i == fields_.end()) {
      complain(fmt::format("field {} is missing, {}", name, expected));
      return {};
    }
    if (!i->is_string()) {
      complain(fmt::format("field {} is no text, expected {}", name, expected));
      return {};
    }
    return i->get<std::string>();
  }

  std::string text_or(const char* name, std::string_view otherwise) {
    return fields_.contains(name) ? text(name, "text") : std::string{otherwise};
  }

  node_id peer() {
    constexpr std::string_view expected = "a node ID";
    auto text_of_it = text("peer", expected);
    auto id = node_id::parse_any_case(text_of_it);
    if (!id)
      complain(fmt::format("field peer is {}, expected {}",
                           troupe::quoted(text_of_it), expected));
    return id ? *id : node_id{};
  }

  /// An ID, with or without where it is.
  node_address address() {
    constexpr std::string_view expected = "ID or [mconn://]ID@HOST:PORT";
    auto text_of_it = text("peer", expected);
    node_address result;
    if (auto id = node_id::parse_any_case(text_of_it)) {
      result.id = *id;
      result.protocol.clear();
    } else if (auto address = node_address::parse(text_of_it)) {
      result = *address;
    } else {
      complain(fmt::format("field peer is {}, expected {}",
                           troupe::quoted(text_of_it), expected));
    }
    return result;
  }

  /// A list of addresses; the size of a body bounds it.
  std::vector<node_address> addresses(const char* name) {
    std::vector<node_address> result;
    auto i = fields_.find(name);
    if (i == fields_.end() || !i->is_array()) {
      complain(fmt::format("field {} is no list of addresses", name));
      return result;
    }
    for (const auto& entry : *i) {
      auto address = node_address::parse(
          entry.is_string() ? entry.get_ref<const std::string&>() : "");
      if (address)
        result.push_back(std::move(*address));
      else
        complain(fmt::format("field {}: {}", name, to_string(address.error())));
    }
    return result;
  }

  duration seconds(const char* name) {
    auto i = fields_.find(name);
    if (i == fields_.end()) {
      complain(fmt::format("field {} is missing, a number", name));
      return {};
    }
    auto value = i->is_number() ? i->get<double>() : 0;
    if (!std::isfinite(value) || value <= 0 || value > seconds_max) {
      complain(
          fmt::format("field {} is no number above 0 that makes sense", name));
      return {};
    }
    // Rounded up, so that it lasts.
    return std::chrono::ceil<duration>(std::chrono::duration<double>{value});
  }

private:
  json fields_ = json::object();
  std::string problem_;
};

/// What the body says, if nothing is wrong with it.
template <class T>
parsed finish(const body_reader& body, T request) {
  if (!body.problem().empty())
    return bad_request(body.problem());
  return operator_request{std::move(request)};
}

// -- the routes ---------------------------------------------------------------

parsed parse_dial(const http_request& request, std::string_view) {
  body_reader body{request, {"peer"}};
  return finish(body, dial{body.address()});
}

parsed parse_add(const http_request& request, std::string_view) {
  body_reader body{request, {"peers"}};
  return finish(body, add_peers{body.addresses("peers")});
}

parsed parse_disconnect(const http_request& request, std::string_view) {
  body_reader body{request, {"peer"}};
  return finish(body, disconnect{body.peer()});
}

parsed parse_ban(const http_request& request, std::string_view) {
  body_reader body{request, {"peer", "seconds", "reason"}};
  auto result = ban{body.peer(), body.seconds("seconds"),
                    body.text_or("reason", "by operator")};
  if (result.reason.size() > ban_reason_size_max)
    body.complain(fmt::format("field reason has {} bytes, expected at most {}",
                              result.reason.size(), ban_reason_size_max));
  return finish(body, std::move(result));
}

parsed parse_unban(const http_request& request, std::string_view) {
  body_reader body{request, {"peer"}};
  return finish(body, unban{body.peer()});
}

parsed parse_forget(const http_request& request, std::string_view) {
  body_reader body{request, {"peer"}};
  return finish(body, forget{body.peer()});
}

parsed parse_change(const http_request& request, std::string_view) {
  auto patch = limits_patch::parse(request.body);
  if (!patch)
    return bad_request(patch.error().context);
  return operator_request{change_limits{*patch}};
}

/// `limit=10`; whatever else a query says, nobody asks for.
parsed parse_list(const http_request&, std::string_view query) {
  constexpr std::string_view name = "limit=";
  list_peers result{.limit = listed_peers_max};
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!part.starts_with(name))
      continue;
    part.remove_prefix(name.size());
    auto [last, code]
        = std::from_chars(part.data(), part.data() + part.size(), result.limit);
    if (code != std::errc{} || last != part.data() + part.size()
        || result.limit > listed_peers_max)
      return bad_request(fmt::format("limit is {}, expected a number up to {}",
                                     troupe::quoted(part), listed_peers_max));
  }
  return operator_request{result};
}

template <class T>
parsed parse_plain(const http_request&, std::string_view) {
  return operator_request{T{}};
}

parsed parse_events(const http_request& request, std::string_view) {
  return operator_request{follow_events{request.method == "HEAD"}};
}

struct route {
  std::string_view method;
  std::string_view path;
  operator_surface least;
  parsed (*parse)(const http_request&, std::string_view query);
};

constexpr auto anywhere = operator_surface::read_only;
constexpr auto privately = operator_surface::everything;

constexpr route routes[] = {
    {"GET", "/health", anywhere, parse_plain<show_health>},
    {"GET", "/metrics", anywhere, parse_plain<show_metrics>},
    {"GET", "/node", privately, parse_plain<show_node>},
    {"GET", "/peers", privately, parse_list},
    {"GET", "/events", privately, parse_events},
    {"GET", "/limits", privately, parse_plain<show_limits>},
    {"PATCH", "/limits", privately, parse_change},
    {"POST", "/peers", privately, parse_add},
    {"POST", "/dial", privately, parse_dial},
    {"POST", "/disconnect", privately, parse_disconnect},
    {"POST", "/ban", privately, parse_ban},
    {"POST", "/unban", privately, parse_unban},
    {"POST", "/forget", privately, parse_forget},
};

/// What there is for a client of that surface.
std::vector<std::string_view> paths_of(operator_surface surface) {
  std::vector<std::string_view> result;
  for (const auto& x : routes)
    if (x.least <= surface && std::ranges::find(result, x.path) == result.end())
      result.push_back(x.path);
  return result;
}

} // namespace

std::variant<operator_request, http_response>
parse_operator_request(const http_request& request, operator_surface surface) {
  std::string_view path = request.target;
  auto mark = std::min(path.find('?'), path.size());
  auto query = path.substr(std::min(mark + 1, path.size()));
  path = path.substr(0, mark);
  // HEAD is GET without the body, which the server leaves out.
  std::string_view method = request.method;
  if (method == "HEAD")
    method = "GET";
  std::string allow;
  for (const auto& x : routes) {
    if (x.path != path || x.least > surface)
      continue;
    if (x.method == method)
      return x.parse(request, query);
    allow += (allow.empty() ? "" : ", ") + std::string{x.method};
    if (x.method == "GET")
      allow += ", HEAD";
  }
  if (allow.empty())
    return error_response(404, "unknown_route",
                          fmt::format("there is no {}, there are {}",
                                      troupe::quoted(path),
                                      fmt::join(paths_of(surface), ", ")));
  auto result = error_response(405, "unknown_method",
                               fmt::format("{} takes {}", path, allow));
  result.allow = std::move(allow);
  return result;
}

size_t operator_route_count() {
  return std::size(routes);
}

http_response error_response(unsigned status, std::string_view error,
                             std::string_view message) {
  const nlohmann::ordered_json body{{"error", error}, {"message", message}};
  return {.status = status,
          .body = body.dump(-1, ' ', true,
                            nlohmann::ordered_json::error_handler_t::replace)
                  + "\n"};
}

http_response error_response(const failure& what) {
  auto status = [&what] {
    switch (what.code) {
      case errc::invalid_node_id:
      case errc::invalid_address:
      case errc::invalid_endpoint:
      case errc::invalid_option:
      case errc::unsupported_protocol:
        return 400u;
      case errc::unknown_peer:
        return 404u;
      case errc::already_connected:
      case errc::banned:
      case errc::filtered:
      case errc::not_connected:
      case errc::self_connection:
      case errc::too_many_peers:
      case errc::invalid_state:
        return 409u;
      case errc::shutting_down:
        return 503u;
      default:
        return 500u;
    }
  };
  return error_response(status(), to_string(what.code), to_string(what));
}

} // namespace troupe
