// SPDX-License-Identifier: Apache-2.0
#include "json_schema.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troupe::test {

namespace {

using nlohmann::json;

/// Keywords that tell humans something.
constexpr const char* silent[] = {"$schema", "title", "description", "$defs"};

bool is_type(const json& value, const std::string& type) {
  if (type == "integer")
    return value.is_number_integer();
  if (type == "number")
    return value.is_number();
  return type == value.type_name();
}

class checker {
public:
  explicit checker(const json& root) : root_(root) {}

  void check(const json& schema, const json& value, const std::string& where) {
    for (const auto& [keyword, rule] : schema.items())
      if (problems_.size() < 10)
        apply(schema, keyword, rule, value, where);
  }

  std::vector<std::string> take() {
    return std::move(problems_);
  }

private:
  void complain(const std::string& where, const std::string& what) {
    problems_.push_back(fmt::format("{}: {}", where, what));
  }

  void apply(const json& schema, const std::string& keyword, const json& rule,
             const json& value, const std::string& where) {
    auto expect = [&](bool good) {
      if (!good)
        complain(where, fmt::format("{} is not {} {}", value.dump(), keyword,
                                    rule.dump()));
    };
    if (keyword == "$ref") {
      constexpr size_t hash = 1;
      check(root_.at(json::json_pointer{rule.get<std::string>().substr(hash)}),
            value, where);
    } else if (keyword == "type") {
      const auto types = rule.is_array() ? rule : json::array({rule});
      expect(std::any_of(types.begin(), types.end(), [&](const auto& type) {
        return is_type(value, type);
      }));
    } else if (keyword == "const") {
      expect(value == rule);
    } else if (keyword == "enum") {
      expect(std::find(rule.begin(), rule.end(), value) != rule.end());
    } else if (keyword == "minimum") {
      expect(!value.is_number() || value >= rule);
    } else if (keyword == "minLength" || keyword == "maxLength") {
      const auto size = value.is_string()
                            ? value.get_ref<const std::string&>().size()
                            : rule.get<size_t>();
      expect(keyword == "minLength" ? size >= rule : size <= rule);
    } else if (keyword == "minItems" || keyword == "maxItems") {
      const auto size = value.is_array() ? value.size() : rule.get<size_t>();
      expect(keyword == "minItems" ? size >= rule : size <= rule);
    } else if (keyword == "required") {
      for (const auto& name : rule)
        if (value.is_object() && !value.contains(name))
          complain(where, fmt::format("{} is missing", name.dump()));
    } else if (keyword == "properties") {
      for (const auto& [name, of_it] : rule.items())
        if (value.is_object() && value.contains(name))
          check(of_it, value.at(name), where + "/" + name);
    } else if (keyword == "additionalProperties" && rule == false) {
      for (const auto& [name, ignored] : value.items())
        if (value.is_object() && !schema.at("properties").contains(name))
          complain(where, fmt::format("{} is not expected", name));
    } else if (keyword == "items") {
      for (size_t i = 0; value.is_array() && i < value.size(); ++i)
        check(rule, value[i], fmt::format("{}/{}", where, i));
    } else if (std::find(std::begin(silent), std::end(silent), keyword)
               == std::end(silent)) {
      complain(where, fmt::format("the keyword {} is not known here", keyword));
    }
  }

  const json& root_;
  std::vector<std::string> problems_;
};

} // namespace

std::vector<std::string> schema_problems(const nlohmann::json& schema,
                                         const nlohmann::json& document) {
  checker result{schema};
  result.check(schema, document, "");
  return result.take();
}

} // namespace troupe::test
