// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

/// What kind of metric a family holds.
enum class metric_kind : uint8_t { counter, gauge, histogram };

/// Name and value of a label.
using metric_label = std::pair<std::string, std::string>;

/// Writes metrics in the text format of Prometheus, version 0.0.4:
///
///     # HELP p2p_peers Connected peers.
///     # TYPE p2p_peers gauge
///     p2p_peers{node="f00d"} 3
///
/// Values have no time: with one, Prometheus would go on for minutes with what
/// is not there any more.
class metrics_text {
public:
  /// Begins a family. Each has to come once, with all of its samples.
  void family(std::string_view name, metric_kind what, std::string_view help);

  /// Adds a value of the family that was begun last.
  /// @param suffix follows the name of the family, for parts of a histogram.
  template <class T>
  void sample(const std::vector<metric_label>& labels, T value,
              std::string_view suffix = {}) {
    begin_sample(labels, suffix);
    if constexpr (std::is_integral_v<T>)
      text_ += std::to_string(value);
    else
      append(value);
    text_ += '\n';
  }

  /// Returns what was written so far, and begins anew.
  [[nodiscard]] std::string take() {
    return std::exchange(text_, {});
  }

private:
  void begin_sample(const std::vector<metric_label>& labels,
                    std::string_view suffix);

  void append(double value);

  std::string text_;
  std::string name_;
};

/// Returns a number as Prometheus writes it, `+Inf` and `NaN` among them.
std::string metric_number(double value);

} // namespace troupe
