// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/run_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/unknown_field_set.h>

#include "troupe/messages/plain_text.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe::testing {

namespace {

/// Bytes of a message that are shown.
constexpr size_t shown_max = 2000;

/// The fields of a Protobuf message that nobody has told us the names of; of
/// anything else, the bytes.
std::string text_of(byte_view body) {
  google::protobuf::UnknownFieldSet fields;
  const auto size = static_cast<int>(std::min(body.size(), size_t{1} << 20));
  std::string result;
  if (fields.ParseFromArray(body.data(), size) && !fields.empty()) {
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    printer.PrintUnknownFieldsToString(fields, &result);
    return plain_text(result, shown_max);
  }
  const auto* chars = reinterpret_cast<const char*>(body.data());
  return troupe::quoted({chars, body.size()}, shown_max);
}

/// A string of JSON that may stand in a page: no text ends its script.
void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const auto c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (code < 0x20 || c == '<' || c == '>' || c == '&' || code == 0x7f)
      out += fmt::format("\\u{:04x}", code);
    else
      out += c;
  }
  out += '"';
}

/// The number behind a word and `node-`.
std::optional<int64_t> node_after(std::string_view text,
                                  std::string_view word) {
  if (!text.starts_with(word))
    return std::nullopt;
  text.remove_prefix(word.size());
  int64_t result = 0;
  const auto end = text.data() + text.size();
  const auto found = std::from_chars(text.data(), end, result);
  return found.ec == std::errc{} && found.ptr == end ? std::optional{result}
                                                     : std::nullopt;
}

} // namespace

template <class Entry>
void run_record::keep(std::deque<Entry>& all, Entry fresh) {
  if (all.size() >= entries_max) {
    all.pop_front();
    ++left_out_;
  }
  all.push_back(std::move(fresh));
}

int64_t run_record::at(time_point when) const {
  return std::chrono::duration_cast<std::chrono::microseconds>(when - start_)
      .count();
}

/// @returns -1 for nothing, and once there is too much.
int64_t run_record::text(std::string_view what) {
  if (what.empty())
    return -1;
  auto [i, fresh] = places_.try_emplace(std::string{what}, -1);
  if (!fresh)
    return i->second;
  if (text_size_ + what.size() > text_max) {
    places_.erase(i);
    return -1;
  }
  text_size_ += what.size();
  i->second = static_cast<int64_t>(strings_.size());
  // It may hold anything that somebody sent.
  strings_.push_back(plain_text(what, shown_max));
  return i->second;
}

void run_record::noted(time_point when, const sim_delivery& what) {
  std::string types;
  for (size_t i = 0; i < std::min(what.type_count, what.types.size()); ++i)
    types += (i == 0 ? "" : ", ") + std::string{what.types[i]};
  // What Troupe's own parts say to each other is known from its types.
  const auto own = what.receiver.starts_with("troupe.");
  keep(steps_, {at(when),
                what.party == no_party ? -1 : static_cast<int64_t>(what.party),
                text(what.receiver), what.receiver_id, text(what.sender),
                what.sender_id, text(types), own ? -1 : text(what.content)});
}

void run_record::noted(const sim_event&) {
  // What becomes of packets is seen in what becomes of messages.
}

void run_record::noted(time_point when, std::string_view what) {
  auto kind = std::exchange(fault_follows_, false) ? mark::fault : mark::note;
  int64_t node = -1;
  if (what.starts_with("failure: ")) {
    kind = mark::failure;
    what.remove_prefix(9);
    failure_ = plain_text(what, shown_max);
  }
  for (auto [word, known] : {std::pair{"start node-", mark::start},
                             {"stop node-", mark::stop},
                             {"crash node-", mark::crash}})
    if (auto number = node_after(what, word)) {
      kind = known;
      node = *number;
    }
  keep(marks_, {at(when), kind, node, text(what)});
}

void run_record::crossed(const crossing& what) {
  keep(messages_,
       {at(what.arrived), at(what.sent), what.from, what.to, what.channel,
        what.body.size(), text(text_of(what.body)), what.fate});
}

void run_record::linked(time_point when, size_t node, bool up,
                        std::string what) {
  keep(marks_, {at(when), up ? mark::up : mark::down,
                static_cast<int64_t>(node), text(what)});
}

std::string run_record::json(size_t nodes, time_point end) const {
  std::string out = "{\"seed\":";
  append_json(out, plain_text(seed_, shown_max));
  out += ",\"failure\":";
  append_json(out, failure_);
  auto to = std::back_inserter(out);
  fmt::format_to(to, ",\"end\":{},\"left_out\":{},\"nodes\":[",
                 std::max<int64_t>(at(end), 1), left_out_);
  for (size_t i = 0; i < nodes; ++i)
    fmt::format_to(to, "{}\"node-{}\"", i > 0 ? "," : "", i);
  out += "],\"strings\":[";
  for (size_t i = 0; i < strings_.size(); ++i) {
    out += i > 0 ? "," : "";
    append_json(out, strings_[i]);
  }
  auto comma = [&out, first = true]() mutable {
    if (!first)
      out += ',';
    first = false;
  };
  out += "],\"steps\":[";
  for (auto next = comma; const auto& x : steps_) {
    next();
    fmt::format_to(to, "{},{},{},{},{},{},{},{}", x.when, x.node, x.to, x.to_id,
                   x.from, x.from_id, x.types, x.content);
  }
  out += "],\"messages\":[";
  for (auto next = comma; const auto& x : messages_) {
    next();
    fmt::format_to(to, "{},{},{},{},{},{},{},{}", x.when, x.sent, x.from, x.to,
                   x.channel, x.size, x.content, static_cast<int>(x.fate));
  }
  out += "],\"marks\":[";
  for (auto next = comma; const auto& x : marks_) {
    next();
    fmt::format_to(to, "{},{},{},{}", x.when, static_cast<int>(x.what), x.node,
                   x.text);
  }
  return out + "]}";
}

} // namespace troupe::testing
