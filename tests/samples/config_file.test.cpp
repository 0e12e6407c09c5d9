// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/config_file.hpp"

#include <doctest/doctest.h>

#include "troupe/samples/troupe/caf_options.hpp"

using namespace troupe;
using namespace troupe::command;

namespace {

/// Entries as `NAME=VALUE@LINE`, or what is wrong.
std::string read(std::string_view text) {
  auto found = parse_config_file(text);
  if (!found)
    return found.error().context;
  std::string result;
  for (const auto& [name, value, line] : *found)
    result += (result.empty() ? "" : " ") + name + "=" + value + "@"
              + std::to_string(line);
  return result;
}

} // namespace

TEST_CASE("a configuration file has groups, comments and values of all kinds") {
  CHECK(read("") == "");
  CHECK(read("# nothing\n\n") == "");
  CHECK(read("troupe {\n  network = \"a\" # name\n  max-peers=5\n}\n")
        == "troupe.network=a@2 troupe.max-peers=5@3");
  CHECK(read("a { b { c = 1 }\n d = 2 }") == "a.b.c=1@1 a.d=2@2");
  CHECK(read("a {\n  b = 1, c = 2\n}") == "a.b=1@2 a.c=2@2");
  CHECK(read("a = {\n}\nb : 5s") == "b=5s@3");
  CHECK(read("troupe.network = 'x'") == "troupe.network=x@1");
  CHECK(read("a {\n  \"b\" = 0.5\n}") == "a.b=0.5@2");
  CHECK(read(R"(a = "q \" s \\ t \t")") == "a=q \" s \\ t \t@1");
  CHECK(read("a = [ \"x\", # comment ]\n  'y]' ]\nb = 1")
        == "a=[ \"x\",    'y]' ]@1 b=1@3");
  CHECK(read("a = \"\xc3\xa9\"") == "a=\xc3\xa9@1");
}

TEST_CASE("where a configuration file was written does not matter") {
  const auto expected = "a.b=c@2 a.d=[1, 2]@3";
  CHECK(read("a {\n  b = c\n  d = [1, 2]\n}\n") == expected);
  CHECK(read("a {\r\n  b = c\r\n  d = [1, 2]\r\n}\r\n") == expected);
  CHECK(read("a = \"b\\\r\n") == read("a = \"b\\\n"));
  CHECK(read("a = [1,\r\n2\r\n]") == read("a = [1,\n2\n]"));
  CHECK(read("\xef\xbb\xbf"
             "a {\r\n  b = c\r\n  d = [1, 2]\r\n}")
        == expected);
}

TEST_CASE("what is wrong with a configuration file is said with its line") {
  CHECK(read("a {\n  b = 2 m\n}")
        == "line 2: unexpected \"m\"; each option has a line of its own");
  CHECK(read("a {\n  b =\n}")
        == "line 2: expected a value for \"b\", found the end of the line");
  CHECK(read("\nb =")
        == "line 2: expected a value for \"b\", found the end of the file");
  CHECK(read("a {\n\n  b = 1\n")
        == "line 1: the brace after \"a\" is not closed");
  CHECK(read("a = 1\n}") == "line 2: there is nothing that this brace closes");
  CHECK(read("a\nb = 1")
        == "line 1: expected = or { after \"a\", found the end of the line");
  CHECK(read("a = \"b\nc = 1") == "line 1: a closing quote is missing");
  CHECK(read("a = \"b") == "line 1: a closing quote is missing");
  CHECK(read("a = \"b\\")
        == "line 1: backslash before the end of the file: "
           "expected one of \" ' \\ n r t");
  CHECK(read("a = [1,\n2") == "line 1: the bracket is not closed");
  CHECK(read("a = 1\n\na = 2") == "line 3: \"a\" is set in line 1 already");
  CHECK(read("a { b = 1 }\na.b = 2")
        == "line 2: \"a.b\" is set in line 1 already");
  CHECK(read("a {\n  = 5\n}")
        == "line 2: expected the name of an option, found \"=\"");
  CHECK(read("{ a = 1 }")
        == "line 1: expected the name of an option, found \"{\"");
  CHECK(read(std::string_view{"a = 1\n\0\0\0", 9})
        == "line 2: byte 0x00 is no text");
  CHECK(read(std::string_view{"\xff\xfe"
                              "a\0",
                              4})
        == "line 1: byte 0x00 is no text");
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "a{";
  CHECK(read(deep) == "line 1: too many braces within braces");
  CHECK(read("a = " + std::string(100'000, '['))
        == "line 1: too many brackets within brackets");
}

TEST_CASE("options of CAF's that would stop a node are refused") {
  CHECK(check_caf_option("caf.scheduler.max-threads", "2") == "");
  CHECK(check_caf_option("caf.scheduler.max-threads", "0")
        == "\"0\" is not a number from 1 to 1024");
  CHECK(check_caf_option("caf.scheduler.max-threads", "-1") != "");
  CHECK(check_caf_option("caf.scheduler.max-threads", "1e9") != "");
  CHECK(check_caf_option("caf.scheduler.max-throughput", "0") != "");
  CHECK(check_caf_option("caf.scheduler.policy", "stealing") == "");
  CHECK(check_caf_option("caf.scheduler.policy", "testing")
        == "\"testing\" is not sharing or stealing");
  CHECK(check_caf_option("caf.work-stealing.relaxed-steal-interval", "0")
        != "");
  CHECK(check_caf_option("caf.work-stealing.relaxed-sleep-duration", "1ms")
        == "");
  CHECK(check_caf_option("caf.middleman.attach-utility-actors", "true")
        == "an option of CAF that a node does not take");
}
