// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/rfc3339.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace troupe::command {

namespace {

/// Takes a text apart from its beginning.
class reader {
public:
  explicit reader(std::string_view text) : left_(text) {}

  [[nodiscard]] bool good() const {
    return good_;
  }

  [[nodiscard]] bool at_end() const {
    return left_.empty();
  }

  [[nodiscard]] char peek() const {
    return left_.empty() ? '\0' : left_.front();
  }

  void expect(char what) {
    good_ = good_ && peek() == what;
    skip();
  }

  void skip() {
    left_.remove_prefix(std::min<size_t>(1, left_.size()));
  }

  /// A number of exactly so many digits.
  int number(size_t digits) {
    int result = 0;
    const auto text = left_.substr(0, digits);
    const auto [end, code]
        = std::from_chars(text.data(), text.data() + text.size(), result);
    good_ = good_ && code == std::errc{} && result >= 0 && text.size() == digits
            && end == text.data() + digits && text.front() != '-';
    left_.remove_prefix(text.size());
    return result;
  }

  /// Digits behind a point, in thousandths.
  int thousandths() {
    int result = 0;
    int unit = 100;
    const auto any = peek() >= '0' && peek() <= '9';
    for (; peek() >= '0' && peek() <= '9'; skip()) {
      result += (peek() - '0') * unit;
      unit /= 10;
    }
    good_ = good_ && any;
    return result;
  }

private:
  std::string_view left_;
  bool good_ = true;
};

} // namespace

std::optional<wall_time> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  reader from{text};
  const auto year = from.number(4);
  from.expect('-');
  const auto month = static_cast<unsigned>(from.number(2));
  from.expect('-');
  const auto day = static_cast<unsigned>(from.number(2));
  from.expect('T');
  const auto hour = from.number(2);
  from.expect(':');
  const auto minute = from.number(2);
  from.expect(':');
  const auto second = from.number(2);
  milliseconds fraction{0};
  if (from.peek() == '.') {
    from.skip();
    fraction = milliseconds{from.thousandths()};
  }
  minutes zone{0};
  if (from.peek() == 'Z') {
    from.skip();
  } else {
    const auto sign = from.peek() == '-' ? -1 : 1;
    if (from.peek() == '-')
      from.skip();
    else
      from.expect('+');
    zone = hours{from.number(2)};
    from.expect(':');
    zone = sign * (zone + minutes{from.number(2)});
  }
  const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                            std::chrono::day{day}};
  // 60 is a leap second.
  if (!from.good() || !from.at_end() || !date.ok() || hour > 23 || minute > 59
      || second > 60)
    return std::nullopt;
  return wall_time{sys_days{date}} + hours{hour} + minutes{minute}
         + seconds{second} + fraction - zone;
}

} // namespace troupe::command
