// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/crawl_json.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"
#include "troupe/messages/timestamp.hpp"
#include "troupe/samples/troupe/crawl/crawl_summary.hpp"

namespace troupe::command {

namespace {

using object = nlohmann::ordered_json;

/// Microseconds are as fine as anybody wants it.
double rounded(double milliseconds) {
  return std::round(milliseconds * 1000) / 1000;
}

object describe(const std::optional<duration>& time) {
  if (!time)
    return nullptr;
  return rounded(std::chrono::duration<double, std::milli>{*time}.count());
}

object describe(const std::optional<spread>& x) {
  if (!x)
    return nullptr;
  return {{"min", rounded(x->min)},
          {"median", rounded(x->median)},
          {"p90", rounded(x->p90)},
          {"max", rounded(x->max)}};
}

object describe(const crawled_node& node, uint32_t degree) {
  object result{{"id", to_string(node.id)},
                {"state", to_string(node.state)},
                {"reason", nullptr},
                {"detail", node.detail},
                {"seed", node.seed},
                {"hops", node.hops},
                {"addresses", object::array()},
                {"remote", nullptr},
                {"moniker", ""},
                {"version", ""},
                {"channels", object::array()},
                {"told", node.told.size()},
                {"told_by", node.told_by},
                {"degree", degree},
                {"connect_ms", describe(node.connect_time)},
                {"answer_ms", describe(node.answer_time)}};
  if (node.reason != errc::none)
    result["reason"] = to_string(node.reason);
  for (const auto& address : node.addresses)
    result["addresses"].push_back(to_string(address));
  if (node.info) {
    result["remote"] = to_string(node.info->remote);
    result["moniker"] = node.info->moniker;
    result["version"] = node.info->version;
    for (auto channel : node.info->channels)
      result["channels"].push_back(fmt::format("0x{:02x}", channel));
  }
  return result;
}

object describe(const crawl_map& map) {
  const auto summary = summarise(map);
  object result{{"nodes", map.nodes().size()},
                {"lines", map.line_count()},
                {"by_state", object::object()},
                {"by_version", object::array()},
                {"degree", describe(summary.degree)},
                {"connect_ms", describe(summary.connect_ms)},
                {"answer_ms", describe(summary.answer_ms)},
                {"left_out",
                 {{"nodes", map.omitted().nodes},
                  {"addresses", map.omitted().addresses},
                  {"lines", map.omitted().lines}}}};
  for (size_t i = 0; i < crawl_state_count; ++i)
    result["by_state"][to_string(static_cast<crawl_state>(i))]
        = summary.by_state[i];
  for (const auto& [version, count] : summary.by_version)
    result["by_version"].push_back({{"version", version}, {"nodes", count}});
  return result;
}

std::string line_of(const object& values, std::string_view unit) {
  if (values.is_null())
    return "-";
  return fmt::format("median {:g}{}, nine in ten up to {:g}{}, {:g} to {:g}{}",
                     values.at("median").get<double>(), unit,
                     values.at("p90").get<double>(), unit,
                     values.at("min").get<double>(),
                     values.at("max").get<double>(), unit);
}

} // namespace

nlohmann::ordered_json to_json(const crawl_map& map, const crawl_facts& facts) {
  object result{{"format", "troupe-crawl"},
                {"format_version", 1},
                {"network", facts.network},
                {"started", timestamp(facts.started)},
                {"finished", timestamp(facts.finished)},
                {"complete", facts.complete},
                {"summary", describe(map)},
                {"nodes", object::array()},
                {"edges", object::array()}};
  const auto degrees = degrees_of(map);
  for (uint32_t i = 0; i < map.nodes().size(); ++i) {
    result["nodes"].push_back(describe(map.nodes()[i], degrees[i]));
    for (auto to : map.nodes()[i].told)
      result["edges"].push_back(object::array({i, to}));
  }
  return result;
}

std::string print_line(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, object::error_handler_t::replace);
}

std::string summary_text(const nlohmann::ordered_json& document) {
  const auto& summary = document.at("summary");
  auto result
      = fmt::format("network    {}\nnodes      {}\n",
                    troupe::quoted(document.at("network").get<std::string>()),
                    summary.at("nodes").get<size_t>());
  for (const auto& [state, count] : summary.at("by_state").items())
    if (count != 0)
      result += fmt::format("  {:<13}{}\n", state, count.get<size_t>());
  result += "versions\n";
  for (const auto& entry : summary.at("by_version"))
    result
        += fmt::format("  {:<5}{}\n", entry.at("nodes").get<size_t>(),
                       troupe::quoted(entry.at("version").get<std::string>()));
  result += fmt::format("degree     {}\nconnect    {}\nanswer     {}\n",
                        line_of(summary.at("degree"), ""),
                        line_of(summary.at("connect_ms"), " ms"),
                        line_of(summary.at("answer_ms"), " ms"));
  const auto& left = summary.at("left_out");
  for (const auto& [what, count] : left.items())
    if (count != 0)
      result += fmt::format("left out   {} {}: more than a crawl keeps\n",
                            count.get<uint64_t>(), what);
  return result;
}

} // namespace troupe::command
