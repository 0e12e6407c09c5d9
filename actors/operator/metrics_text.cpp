// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/metrics_text.hpp"

#include <cmath>

#include <fmt/format.h>

namespace troupe {

namespace {

std::string_view name_of(metric_kind what) {
  switch (what) {
    case metric_kind::counter:
      return "counter";
    case metric_kind::gauge:
      return "gauge";
    default:
      return "histogram";
  }
}

/// @param quotes whether the text stands between quotes.
void append_escaped(std::string& to, std::string_view text, bool quotes) {
  for (auto c : text) {
    if (c == '\n') {
      to += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"'))
      to += '\\';
    to += c;
  }
}

} // namespace

std::string metric_number(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void metrics_text::family(std::string_view name, metric_kind what,
                          std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  append_escaped(text_, help, false);
  text_ += fmt::format("\n# TYPE {} {}\n", name, name_of(what));
}

void metrics_text::begin_sample(const std::vector<metric_label>& labels,
                                std::string_view suffix) {
  text_ += name_;
  text_ += suffix;
  auto separator = '{';
  for (const auto& [name, value] : labels) {
    text_ += separator;
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value, true);
    text_ += '"';
    separator = ',';
  }
  text_ += labels.empty() ? " " : "} ";
}

void metrics_text::append(double value) {
  text_ += metric_number(value);
}

} // namespace troupe
