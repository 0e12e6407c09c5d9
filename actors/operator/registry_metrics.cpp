// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/registry_metrics.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric.hpp>
#include <caf/telemetry/metric_family.hpp>

namespace troupe {

namespace {

/// CAF 0.18 has a class of its own for this.
template <class T>
std::string_view view(const T& text) {
  return {text.data(), text.size()};
}

std::string name_of(const caf::telemetry::metric_family& family,
                    metric_kind what) {
  auto result = std::string{view(family.prefix())};
  result += '_';
  result += view(family.name());
  // CAF's own names are made of words with dots and hyphens.
  std::ranges::replace_if(
      result, [](char c) { return c == '.' || c == '-'; }, '_');
  if (view(family.unit()) != "1") {
    result += '_';
    result += view(family.unit());
  }
  // CAF has a gauge that adds up, but `_total` is for counters.
  if (family.is_sum() && what != metric_kind::gauge)
    result += "_total";
  return result;
}

std::vector<metric_label> labels_of(const caf::telemetry::metric& instance) {
  std::vector<metric_label> result;
  for (const auto& label : instance.labels())
    result.emplace_back(view(label.name()), view(label.value()));
  return result;
}

/// What a registry calls with each of its metrics, family by family.
class collector {
public:
  explicit collector(metrics_text& to) : to_(to) {}

  template <class T>
  void operator()(const caf::telemetry::metric_family* family,
                  const caf::telemetry::metric* instance,
                  const caf::telemetry::counter<T>* what) {
    begin(*family, metric_kind::counter);
    to_.sample(labels_of(*instance), what->value());
  }

  void operator()(const caf::telemetry::metric_family* family,
                  const caf::telemetry::metric* instance,
                  const caf::telemetry::int_gauge* what) {
    begin(*family, metric_kind::gauge);
    to_.sample(labels_of(*instance), what->value());
  }

  void operator()(const caf::telemetry::metric_family* family,
                  const caf::telemetry::metric* instance,
                  const caf::telemetry::dbl_gauge* what) {
    begin(*family, metric_kind::gauge);
    to_.sample(labels_of(*instance), what->value());
  }

  template <class T>
  void operator()(const caf::telemetry::metric_family* family,
                  const caf::telemetry::metric* instance,
                  const caf::telemetry::histogram<T>* what) {
    begin(*family, metric_kind::histogram);
    const auto labels = labels_of(*instance);
    const auto buckets = what->buckets();
    int64_t count = 0;
    for (size_t i = 0; i < buckets.size(); ++i) {
      count += buckets[i].count.value();
      auto with_bound = labels;
      // The bound of the last one is the largest number that its type has.
      with_bound.emplace_back("le", i + 1 == buckets.size()
                                        ? std::string{"+Inf"}
                                        : metric_number(static_cast<double>(
                                            buckets[i].upper_bound)));
      to_.sample(with_bound, count, "_bucket");
    }
    to_.sample(labels, what->sum(), "_sum");
    to_.sample(labels, count, "_count");
  }

private:
  void begin(const caf::telemetry::metric_family& family, metric_kind what) {
    if (current_ == &family)
      return;
    current_ = &family;
    to_.family(name_of(family, what), what, view(family.helptext()));
  }

  metrics_text& to_;
  const caf::telemetry::metric_family* current_ = nullptr;
};

} // namespace

void append_registry(metrics_text& to,
                     const caf::telemetry::metric_registry& from) {
  collector all{to};
  from.collect(all);
}

} // namespace troupe
