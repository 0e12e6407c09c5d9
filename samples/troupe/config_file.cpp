// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/config_file.hpp"

#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

/// Deeper than any option of ours or of CAF's.
constexpr size_t groups_max = 8;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Ends a bare word.
bool is_special(char c) {
  constexpr std::string_view all = "\n#,{}[]\"'=";
  return is_blank(c) || all.find(c) != std::string_view::npos;
}

/// What cannot be in a text file.
bool is_control(char c) {
  const auto value = static_cast<unsigned char>(c);
  return (value < ' ' && c != '\t' && c != '\r' && c != '\n') || c == '\x7f';
}

/// Reads from the left to the right, and stops at the first thing that is
/// wrong.
class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  result<std::vector<config_entry>> run() {
    if (text_.starts_with(byte_order_mark))
      at_ = byte_order_mark.size();
    check_bytes();
    while (ok() && skip_space())
      read_item();
    if (ok() && !groups_.empty())
      fail(groups_.back().line,
           fmt::format("the brace after {} is not closed",
                       troupe::quoted(groups_.back().name)));
    if (!ok())
      return failure{errc::invalid_option, std::move(problem_)};
    return std::move(entries_);
  }

private:
  struct group {
    std::string name;
    size_t line;
  };

  bool ok() const {
    return problem_.empty();
  }

  void fail(size_t line, std::string_view why) {
    if (ok())
      problem_ = fmt::format("line {}: {}", line, why);
  }

  void fail(std::string_view why) {
    fail(line_, why);
  }

  /// Once, so that nobody else has to care.
  void check_bytes() {
    size_t line = 1;
    for (auto c : text_) {
      if (is_control(c))
        return fail(line, fmt::format("byte {:#04x} is no text",
                                      static_cast<unsigned char>(c)));
      line += c == '\n' ? 1 : 0;
    }
  }

  bool at_end() const {
    return at_ == text_.size();
  }

  char here() const {
    return at_end() ? '\n' : text_[at_];
  }

  void advance() {
    if (!at_end())
      line_ += text_[at_++] == '\n' ? 1 : 0;
  }

  bool take(char c) {
    if (at_end() || text_[at_] != c)
      return false;
    advance();
    return true;
  }

  void skip_blanks() {
    while (!at_end() && is_blank(here()))
      advance();
  }

  void skip_comment() {
    if (!at_end() && here() == '#')
      while (!at_end() && here() != '\n')
        advance();
  }

  /// Skips what stands between items. @returns whether there is one.
  bool skip_space() {
    for (;;) {
      skip_blanks();
      skip_comment();
      if (at_end())
        return false;
      if (here() != '\n' && here() != ',')
        return true;
      advance();
    }
  }

  /// What stands here, for a human.
  std::string found() const {
    if (at_end())
      return "the end of the file";
    if (here() == '\n' || text_.substr(at_).starts_with("\r\n"))
      return "the end of the line";
    auto end = at_ + 1;
    while (end < text_.size() && is_name(here()) && is_name(text_[end]))
      ++end;
    return troupe::quoted(text_.substr(at_, end - at_));
  }

  void read_item() {
    if (take('}')) {
      if (groups_.empty())
        return fail("there is nothing that this brace closes");
      groups_.pop_back();
      return end_item();
    }
    const auto line = line_;
    auto name = read_name();
    skip_blanks();
    const auto assigned = take('=') || take(':');
    skip_blanks();
    if (!ok())
      return;
    if (take('{')) {
      if (groups_.size() == groups_max)
        return fail("too many braces within braces");
      groups_.push_back({std::move(name), line});
      return;
    }
    if (!assigned)
      return fail(fmt::format("expected = or {{ after {}, found {}",
                              troupe::quoted(name), found()));
    auto value = read_value(name);
    add({qualified(name), std::move(value), line});
    end_item();
  }

  /// What closes an item, so that nothing of it is passed over.
  void end_item() {
    skip_blanks();
    skip_comment();
    if (ok() && !at_end() && here() != '\n' && here() != ',' && here() != '}')
      fail(fmt::format("unexpected {}; each option has a line of its own",
                       found()));
  }

  std::string read_name() {
    std::string result;
    if (here() == '"' || here() == '\'')
      return read_quoted();
    while (!at_end()
           && (is_name(here()) || (here() == '.' && !result.empty()))) {
      result += here();
      advance();
    }
    if (result.empty())
      fail(fmt::format("expected the name of an option, found {}", found()));
    return result;
  }

  std::string read_value(const std::string& name) {
    std::string result;
    if (here() == '"' || here() == '\'')
      return read_quoted();
    if (here() == '[')
      return read_list();
    while (!at_end() && !is_special(here())) {
      result += here();
      advance();
    }
    if (result.empty())
      fail(fmt::format("expected a value for {}, found {}",
                       troupe::quoted(name), found()));
    return result;
  }

  std::string read_quoted() {
    const auto quote = here();
    std::string result;
    for (advance(); ok() && !take(quote); advance()) {
      if (here() == '\n') {
        fail("a closing quote is missing");
        return {};
      }
      if (here() != '\\') {
        result += here();
        continue;
      }
      advance();
      if (auto c = escape(here()))
        result += *c;
      else
        fail(fmt::format("backslash before {}: expected one of \" ' \\ n r t",
                         found()));
    }
    return result;
  }

  static std::optional<char> escape(char c) {
    switch (c) {
      case '"':
      case '\'':
      case '\\':
        return c;
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      default:
        return std::nullopt;
    }
  }

  /// As it stands there, without comments and ends of lines.
  std::string read_list() {
    const auto line = line_;
    std::string result;
    for (size_t depth = 0; ok();) {
      skip_comment();
      if (at_end()) {
        fail(line, "the bracket is not closed");
        break;
      }
      const auto c = here();
      if (c == '"' || c == '\'') {
        const auto begin = at_;
        read_quoted();
        result += text_.substr(begin, at_ - begin);
        continue;
      }
      advance();
      // One end of a line, whoever wrote it.
      if (c == '\r' && here() == '\n')
        continue;
      result += c == '\n' || c == '\r' ? ' ' : c;
      if (c == '[' && ++depth > groups_max)
        fail("too many brackets within brackets");
      if (c == ']' && --depth == 0)
        break;
    }
    return result;
  }

  std::string qualified(const std::string& name) const {
    std::string result;
    for (const auto& each : groups_)
      result += each.name + ".";
    return result + name;
  }

  void add(config_entry entry) {
    if (!ok())
      return;
    const auto [before, is_new] = lines_.emplace(entry.name, entry.line);
    if (!is_new)
      return fail(entry.line,
                  fmt::format("{} is set in line {} already",
                              troupe::quoted(entry.name), before->second));
    entries_.push_back(std::move(entry));
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  std::string problem_;
  std::vector<group> groups_;
  std::vector<config_entry> entries_;
  std::map<std::string, size_t> lines_;
};

} // namespace

result<std::vector<config_entry>> parse_config_file(std::string_view text) {
  return reader{text}.run();
}

} // namespace troupe::command
