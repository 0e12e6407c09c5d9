// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/genesis.hpp"

#include <cstddef>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

/// Stops at the value that it looks for.
class finder : public nlohmann::json_sax<nlohmann::json> {
public:
  std::string found;

  bool null() override {
    return pass();
  }
  bool boolean(bool) override {
    return pass();
  }
  bool number_integer(number_integer_t) override {
    return pass();
  }
  bool number_unsigned(number_unsigned_t) override {
    return pass();
  }
  bool number_float(number_float_t, const string_t&) override {
    return pass();
  }
  bool binary(binary_t&) override {
    return pass();
  }
  bool string(string_t& text) override {
    if (!is_next_)
      return true;
    found = text;
    return false;
  }
  bool key(string_t& name) override {
    is_next_ = depth_ == 1 && name == "chain_id";
    return true;
  }
  bool start_object(std::size_t) override {
    return enter();
  }
  bool end_object() override {
    return leave();
  }
  bool start_array(std::size_t) override {
    return enter();
  }
  bool end_array() override {
    return leave();
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception&) override {
    return false;
  }

private:
  bool pass() {
    is_next_ = false;
    return true;
  }

  bool enter() {
    ++depth_;
    return pass();
  }

  bool leave() {
    --depth_;
    return pass();
  }

  std::size_t depth_ = 0;
  bool is_next_ = false;
};

} // namespace

result<std::string> read_chain_id(const std::filesystem::path& file) {
  std::ifstream in{file};
  finder look;
  if (in)
    nlohmann::json::sax_parse(in, &look);
  if (!look.found.empty())
    return look.found;
  return {errc::file_error,
          fmt::format("file {}: {}", troupe::quoted(file.native(), 256),
                      in.is_open() ? "has no chain_id" : "cannot be read")};
}

} // namespace troupe::command
