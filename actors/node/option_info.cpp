// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_info.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

/// Enough to recognise a value, and an address as a whole.
constexpr size_t quote_max = 128;

constexpr duration century = std::chrono::hours{24 * 365 * 100};

struct time_unit {
  std::string_view name;
  duration length;
};

constexpr time_unit time_units[] = {
    {"h", std::chrono::hours{1}},         {"min", std::chrono::minutes{1}},
    {"s", std::chrono::seconds{1}},       {"ms", std::chrono::milliseconds{1}},
    {"us", std::chrono::microseconds{1}}, {"ns", duration{1}},
};

failure refuse(std::string what) {
  return {errc::invalid_option, std::move(what)};
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool is_between(std::string_view text, char first, char last) {
  return text.size() >= 2 && text.front() == first && text.back() == last;
}

std::string_view inside(std::string_view text) {
  return text.substr(1, text.size() - 2);
}

/// Reads all of a text as a number.
template <class T>
std::optional<T> read_number(std::string_view text) {
  T result{};
  const auto* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, result);
  return code == std::errc{} && at == end ? std::optional{result}
                                          : std::nullopt;
}

std::optional<option_value> read_boolean(std::string_view text) {
  if (text == "true")
    return true;
  if (text == "false")
    return false;
  return std::nullopt;
}

/// @returns more than a century for everything that is longer.
std::optional<duration> read_time(std::string_view text) {
  const auto begin = text.find_first_of("abcdefghijklmnopqrstuvwxyz");
  if (begin == std::string_view::npos)
    return std::nullopt;
  const auto* unit = std::find_if(
      std::begin(time_units), std::end(time_units),
      [&](const auto& x) { return x.name == text.substr(begin); });
  const auto digits = text.substr(0, begin);
  if (unit == std::end(time_units)
      || digits.find_first_not_of("0123456789.-") != std::string_view::npos)
    return std::nullopt;
  const auto number = read_number<double>(digits);
  // No number has so many digits by mistake of its unit.
  if (!number)
    return digits.size() > 300 ? std::optional{century + duration{1}}
                               : std::nullopt;
  const auto length = static_cast<double>(unit->length.count());
  if (std::abs(*number) * length > static_cast<double>(century.count()))
    return century + duration{1};
  if (const auto whole = read_number<int64_t>(digits))
    return *whole * unit->length;
  return duration{static_cast<duration::rep>(std::llround(*number * length))};
}

std::string print_time(duration x) {
  for (const auto& unit : time_units)
    if (x % unit.length == duration::zero() && x != duration::zero())
      return fmt::format("{}{}", x / unit.length, unit.name);
  return "0s";
}

/// Reads what is no text, without a look at its bounds.
std::optional<option_value> read_value(const option_info& info,
                                       std::string_view text) {
  const auto wrap = [](const auto& x) {
    return x ? std::optional<option_value>{*x} : std::nullopt;
  };
  const auto is_none = !info.zero.empty() && text == "none";
  switch (info.type) {
    case option_type::boolean:
    case option_type::flag:
      return read_boolean(text);
    case option_type::count:
      return is_none ? option_value{uint64_t{0}}
                     : wrap(read_number<uint64_t>(text));
    case option_type::number:
      return is_none ? option_value{0.0} : wrap(read_number<double>(text));
    case option_type::time:
      return wrap(read_time(text));
    case option_type::list: {
      auto items = split_list(text);
      // Commas alone are a mistake; nothing at all, and brackets, are not.
      if (items.empty() && text.find(',') != std::string_view::npos)
        return std::nullopt;
      return items;
    }
    default:
      return std::string{text};
  }
}

bool is_in_bounds(const option_info& info, const option_value& value) {
  if (const auto* number = std::get_if<double>(&value);
      number != nullptr && !std::isfinite(*number))
    return false;
  return !(info.least && value < *info.least)
         && !(info.most && value > *info.most);
}

/// Checks text, word or list. The context does not name the option.
failure check_texts(const option_info& info, const option_value& value) {
  const auto check = [&info](const std::string& text) {
    return info.check != nullptr ? info.check(text) : failure{};
  };
  if (const auto* text = std::get_if<std::string>(&value))
    return check(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value))
    for (const auto& item : *list)
      if (auto bad = check(item); bad.code != errc::none)
        return bad;
  return {};
}

bool is_word(const option_info& info, const option_value& value) {
  return info.type != option_type::word
         || std::ranges::find(info.words, std::get<std::string>(value))
                != info.words.end();
}

std::string_view noun_of(option_type type) {
  switch (type) {
    case option_type::boolean:
    case option_type::flag:
      return "true or false";
    case option_type::time:
      return "a time like 500ms, 5s or 2min";
    case option_type::list:
      return "a list like \"a,b\"";
    case option_type::text:
      return "a text";
    default:
      return "a number";
  }
}

std::string bound_of(const option_value& value) {
  return print_option(value);
}

} // namespace

result<option_value> read_option(const option_info& info,
                                 std::string_view text) {
  auto value = read_value(info, text);
  if (value && *value == option_value{century + duration{1}})
    return refuse(fmt::format("{} is too long, expected at most a century",
                              troupe::quoted(text, quote_max)));
  if (!value || !is_in_bounds(info, *value) || !is_word(info, *value))
    return refuse(fmt::format("{} is not {}", troupe::quoted(text, quote_max),
                              expected_of(info)));
  if (auto bad = check_texts(info, *value); bad.code != errc::none)
    return bad;
  return std::move(*value);
}

failure check_option(const option_info& info, const option_value& value) {
  if (!is_in_bounds(info, value) || !is_word(info, value))
    return refuse(fmt::format("{}: is {}, expected {}", field_name(info.name),
                              troupe::quoted(print_option(value), quote_max),
                              expected_of(info)));
  if (auto bad = check_texts(info, value); bad.code != errc::none)
    return {bad.code,
            fmt::format("{}: {}", field_name(info.name), to_string(bad))};
  return {};
}

std::string print_option(const option_value& value) {
  struct printer {
    std::string operator()(const std::string& x) const {
      return x;
    }
    std::string operator()(const std::vector<std::string>& x) const {
      return fmt::format("{}", fmt::join(x, ","));
    }
    std::string operator()(bool x) const {
      return x ? "true" : "false";
    }
    std::string operator()(uint64_t x) const {
      return fmt::format("{}", x);
    }
    std::string operator()(double x) const {
      return fmt::format("{}", x);
    }
    std::string operator()(duration x) const {
      return print_time(x);
    }
  };
  return std::visit(printer{}, value);
}

std::string expected_of(const option_info& info) {
  if (info.type == option_type::word)
    return fmt::format("{}", fmt::join(info.words, " or "));
  auto result = std::string{noun_of(info.type)};
  if (info.least && info.most)
    return fmt::format("{} from {} to {}", result, bound_of(*info.least),
                       bound_of(*info.most));
  // The shortest time there is.
  if (info.least == option_value{duration{1}})
    return result + ", above 0";
  if (info.least)
    result += fmt::format(" of at least {}", bound_of(*info.least));
  if (info.most)
    result += fmt::format(" of at most {}", bound_of(*info.most));
  return result;
}

std::string placeholder_of(const option_info& info) {
  if (!info.placeholder.empty())
    return std::string{info.placeholder};
  switch (info.type) {
    case option_type::word:
      return fmt::format("{}", fmt::join(info.words, "|"));
    case option_type::boolean:
      return "true|false";
    case option_type::flag:
      return {};
    case option_type::count:
    case option_type::number:
      return "N";
    case option_type::time:
      return "TIME";
    default:
      return "TEXT";
  }
}

std::string field_name(std::string_view option_name) {
  std::string result{option_name};
  std::ranges::replace(result, '-', '_');
  return result;
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> result;
  auto rest = without_blanks(list);
  const auto in_file = is_between(rest, '[', ']');
  if (in_file)
    rest = inside(rest);
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    auto item = without_blanks(rest.substr(0, end));
    if (in_file && (is_between(item, '"', '"') || is_between(item, '\'', '\'')))
      item = without_blanks(inside(item));
    if (!item.empty())
      result.emplace_back(item);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

bool is_called(const option_info& info, std::string_view name) {
  const auto wanted = field_name(name);
  if (wanted == field_name(info.name))
    return true;
  auto rest = info.cometbft;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (field_name(rest.substr(0, end)) == wanted)
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

} // namespace troupe
