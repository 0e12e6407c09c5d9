// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/monitor/spoken_message.hpp"

#include <span>
#include <string>

#include <doctest/doctest.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

using namespace troupe;
using namespace troupe::command;

namespace {

/// A message as CometBFT encodes it, written down field by field.
class encoded {
public:
  encoded& number(uint32_t field, int64_t value) {
    append([&](auto& out) {
      out.WriteTag(field << 3U);
      out.WriteVarint64(static_cast<uint64_t>(value));
    });
    return *this;
  }

  encoded& message(uint32_t field, const std::string& value) {
    append([&](auto& out) {
      out.WriteTag(field << 3U | 2U);
      out.WriteVarint32(static_cast<uint32_t>(value.size()));
      out.WriteString(value);
    });
    return *this;
  }

  encoded& message(uint32_t field, const encoded& value) {
    return message(field, value.text_);
  }

  [[nodiscard]] const std::string& text() const {
    return text_;
  }

private:
  template <class Write>
  void append(Write write) {
    google::protobuf::io::StringOutputStream stream{&text_};
    google::protobuf::io::CodedOutputStream out{&stream};
    write(out);
  }

  std::string text_;
};

spoken_message read(channel_id channel, const std::string& body) {
  return read_spoken(channel, std::as_bytes(std::span{body}));
}

spoken_message read(channel_id channel, const encoded& body) {
  return read(channel, body.text());
}

} // namespace

TEST_CASE("a step of consensus says where its sender is") {
  const auto said = read(0x20, encoded{}.message(1, encoded{}
                                                        .number(1, 77)
                                                        .number(2, 3)
                                                        .number(3, 6)
                                                        .number(4, 12)
                                                        .number(5, -1)));
  CHECK(said.kind == round_step);
  CHECK(said.height == 77);
  CHECK(said.round == 3);
  CHECK(said.items == 1);
}

TEST_CASE("what is zero is not on the wire") {
  const auto said = read(0x20, encoded{}.message(1, encoded{}.number(1, 5)));
  CHECK(said.height == 5);
  CHECK(said.round == 0);
}

TEST_CASE("votes are told apart by their type") {
  const auto vote = [](int64_t type) {
    return encoded{}.message(
        6, encoded{}.message(1, encoded{}.number(1, type).number(2, 8)));
  };
  CHECK(read(0x22, vote(1)).kind == "prevote");
  CHECK(read(0x22, vote(2)).kind == "precommit");
  CHECK(read(0x22, vote(3)).kind == "vote");
  CHECK(read(0x22, vote(1)).height == 8);
}

TEST_CASE("a proposal has its height inside what is signed") {
  const auto said = read(
      0x21, encoded{}.message(
                3, encoded{}.message(
                       1, encoded{}.number(1, 32).number(2, 9).number(3, 1))));
  CHECK(said.kind == "proposal");
  CHECK(said.height == 9);
  CHECK(said.round == 1);
}

TEST_CASE("transactions and evidence are counted") {
  const auto txs
      = encoded{}.message(1, encoded{}.message(1, "a").message(1, "bc"));
  CHECK(read(0x30, txs).kind == "transactions");
  CHECK(read(0x30, txs).items == 2);
  CHECK_FALSE(read(0x30, txs).height);
  const auto evidence
      = encoded{}.message(1, "x").message(1, "y").message(1, "z");
  CHECK(read(0x38, evidence).kind == "evidence");
  CHECK(read(0x38, evidence).items == 3);
}

TEST_CASE("one number has another meaning on another channel") {
  const auto body = encoded{}.message(4, encoded{}.number(1, 3));
  CHECK(read(0x21, body).kind == "proposal votes");
  CHECK(read(0x40, body).kind == "status request");
  CHECK(read(0x61, body).kind == "chunk");
  CHECK(read(0x30, body).kind == "other");
}

TEST_CASE("what is nothing of CometBFT's is passed over") {
  CHECK(read(0x20, std::string{}).kind == "other");
  CHECK(read(0x20, encoded{}.number(1, 4)).kind == "other");
  CHECK(read(0x20, encoded{}.message(11, "")).kind == "other");
  CHECK(read(0x7f, encoded{}.message(1, "")).kind == "other");
  CHECK(read(0x20, std::string{"\x0a\x05"
                               "abc"})
            .kind
        == "unreadable");
  // A proposal without what is signed, and one where that is a number.
  CHECK(read(0x21, encoded{}.message(3, "")).height == 0);
  CHECK(read(0x21, encoded{}.message(3, encoded{}.number(1, 7))).kind
        == "proposal");
  // Nonsense inside of a well-formed message.
  CHECK(read(0x22, encoded{}.message(6, encoded{}.message(1, "\xff"))).kind
        == "vote");
}
