// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_trace.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace troupe::testing {

namespace {

/// What an entry begins with in the hash, so that no two kinds collide.
enum class mark : uint64_t { delivery = 1, alarm, event, text };

uint64_t number(time_point when) {
  return static_cast<uint64_t>(when.time_since_epoch().count());
}

std::string actor_text(std::string_view name, uint64_t id) {
  return name.empty() ? std::string{"-"} : fmt::format("{}#{}", name, id);
}

std::string text_of(const sim_delivery& x) {
  std::string types;
  for (size_t i = 0; i < std::min(x.type_count, x.types.size()); ++i)
    types += (i == 0 ? "" : ", ") + std::string{x.types[i]};
  if (x.type_count > x.types.size())
    types += ", ...";
  auto party = x.party == no_party ? std::string{"test"}
                                   : fmt::format("node-{}", x.party);
  return fmt::format("{:<8} {} <- {}: {}{}{}", party,
                     actor_text(x.receiver, x.receiver_id),
                     actor_text(x.sender, x.sender_id), types,
                     x.content.empty() ? "" : " ", x.content);
}

} // namespace

void sim_trace::note(time_point when, const sim_delivery& what) {
  hash_.add(static_cast<uint64_t>(mark::delivery))
      .add(number(when))
      .add(what.receiver_id)
      .add(what.sender_id)
      .add(what.type_count);
  for (size_t i = 0; i < std::min(what.type_count, what.types.size()); ++i)
    hash_.add(what.types[i]);
  if (listener_ != nullptr)
    listener_->noted(when, what);
  keep({when, what});
}

void sim_trace::note_alarm(time_point when) {
  hash_.add(static_cast<uint64_t>(mark::alarm)).add(number(when));
  keep({when, alarm_mark{}});
}

void sim_trace::note(const sim_event& what) {
  hash_.add(static_cast<uint64_t>(mark::event))
      .add(number(what.when))
      .add(static_cast<uint64_t>(what.what))
      .add(static_cast<uint64_t>(what.from))
      .add(static_cast<uint64_t>(what.to))
      .add(what.subject)
      .add(what.size)
      .add(what.hash);
  if (listener_ != nullptr)
    listener_->noted(what);
  keep({what.when, what});
}

void sim_trace::note(time_point when, std::string text) {
  hash_.add(static_cast<uint64_t>(mark::text)).add(number(when)).add(text);
  if (listener_ != nullptr)
    listener_->noted(when, text);
  keep({when, std::move(text)});
}

void sim_trace::keep(entry fresh) {
  ++size_;
  if (sink_)
    sink_(line(fresh));
  if (kept_.size() >= kept_max)
    kept_.pop_front();
  kept_.push_back(std::move(fresh));
}

std::string sim_trace::tail(size_t count) const {
  std::string result;
  auto first = kept_.size() - std::min(count, kept_.size());
  for (auto i = first; i < kept_.size(); ++i)
    result += line(kept_[i]) + '\n';
  return result;
}

std::string sim_trace::host(sim_host which) const {
  if (which == no_host)
    return "-";
  return host_name_ ? host_name_(which)
                    : fmt::format("host {}", static_cast<uint32_t>(which));
}

std::string sim_trace::line(const entry& x) const {
  auto since = std::chrono::duration_cast<duration>(x.when - start_);
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  auto time
      = fmt::format("{:>5}.{:09}", seconds.count(), (since - seconds).count());
  struct visitor {
    const sim_trace& trace;

    std::string operator()(const sim_delivery& what) const {
      return text_of(what);
    }

    std::string operator()(alarm_mark) const {
      return "alarm";
    }

    std::string operator()(const sim_event& what) const {
      return fmt::format("network  {} {} -> {} subject={} size={} hash={:016x}",
                         to_string(what.what), trace.host(what.from),
                         trace.host(what.to), what.subject, what.size,
                         what.hash);
    }

    std::string operator()(const std::string& text) const {
      return "test     " + text;
    }
  };
  return time + ' ' + std::visit(visitor{*this}, x.what);
}

} // namespace troupe::testing
