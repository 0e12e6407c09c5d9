// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_key.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "../vectors.hpp"

using namespace troupe;
using troupe::test::from_hex;
using troupe::test::load_vectors;
using troupe::test::to_hex;

namespace fs = std::filesystem;

namespace {

node_key key_from_hex(const nlohmann::json& seed) {
  auto raw = from_hex(seed);
  return node_key::from_seed(byte_view{raw}.first<32>());
}

ed25519_public_key public_key_from_hex(const nlohmann::json& text) {
  ed25519_public_key result;
  std::ranges::copy(from_hex(text), result.begin());
  return result;
}

/// Counts up, so that what was drawn can be told.
class counting_entropy final : public entropy {
public:
  void fill(byte_span out) override {
    for (auto& value : out)
      value = static_cast<std::byte>(next_++);
  }

private:
  uint8_t next_ = 0;
};

/// A folder of our own that goes away with the test.
class scratch_folder {
public:
  scratch_folder() {
    auto name = (fs::temp_directory_path() / "troupe-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }

  scratch_folder(const scratch_folder&) = delete;

  scratch_folder& operator=(const scratch_folder&) = delete;

  ~scratch_folder() {
    fs::remove_all(path_);
  }

  fs::path operator/(const char* name) const {
    return path_ / name;
  }

  [[nodiscard]] auto entries() const {
    return std::distance(fs::directory_iterator{path_},
                         fs::directory_iterator{});
  }

private:
  fs::path path_;
};

void write(const fs::path& path, std::string_view text) {
  std::ofstream{path, std::ios::binary} << text;
}

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

const std::string valid_value
    = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89"
      "qmIyWvAhpo9wdRGg==";

std::string key_json(std::string_view type, std::string_view value) {
  return nlohmann::json{{"priv_key", {{"type", type}, {"value", value}}}}
      .dump();
}

} // namespace

// -- keys and signatures ------------------------------------------------------

TEST_CASE("a seed yields the public key and the ID that other nodes compute") {
  auto vectors = load_vectors("node_id");
  for (auto& row : vectors["ids"]) {
    CAPTURE(row["note"]);
    auto key = key_from_hex(row["seed"]);
    CHECK(to_hex(key.seed()) == row["seed"]);
    CHECK(to_hex(key.public_key()) == row["public_key"]);
    CHECK(to_string(key.id()) == row["node_id"]);
  }
}

TEST_CASE("a new key grows from 32 bytes of the given entropy") {
  counting_entropy source;
  auto first = node_key::generate(source);
  auto second = node_key::generate(source);
  CHECK(to_hex(first.seed())
        == "000102030405060708090a0b0c0d0e0f"
           "101112131415161718191a1b1c1d1e1f");
  CHECK(first.public_key() != second.public_key());
}

TEST_CASE("signatures are those of RFC 8032, and verify") {
  auto vectors = load_vectors("rfc_kats");
  for (auto& row : vectors["ed25519"]) {
    CAPTURE(row["name"]);
    auto key = key_from_hex(row["seed"]);
    auto message = from_hex(row["message"]);
    CHECK(to_hex(key.public_key()) == row["public_key"]);
    CHECK(to_hex(key.sign(message)) == row["signature"]);
    CHECK(verify(public_key_from_hex(row["public_key"]), message,
                 from_hex(row["signature"])));
  }
}

TEST_CASE("a signature verifies for nothing but its message and its key") {
  auto row = load_vectors("rfc_kats")["ed25519"][2];
  auto key = public_key_from_hex(row["public_key"]);
  auto message = from_hex(row["message"]);
  auto signature = from_hex(row["signature"]);
  REQUIRE(verify(key, message, signature));
  SUBCASE("another message") {
    message.push_back(std::byte{0});
    CHECK_FALSE(verify(key, message, signature));
  }
  SUBCASE("another key") {
    auto other = load_vectors("rfc_kats")["ed25519"][0]["public_key"];
    CHECK_FALSE(verify(public_key_from_hex(other), message, signature));
  }
  SUBCASE("a key that is no point") {
    // y = 2 is on no point of the curve.
    ed25519_public_key no_point{std::byte{2}};
    CHECK_FALSE(verify(no_point, message, signature));
  }
  SUBCASE("any flipped bit") {
    for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
      CAPTURE(bit);
      signature[bit / 8] ^= std::byte{1} << (bit % 8);
      CHECK_FALSE(verify(key, message, signature));
      signature[bit / 8] ^= std::byte{1} << (bit % 8);
    }
  }
  SUBCASE("any other length") {
    CHECK_FALSE(verify(key, message, {}));
    CHECK_FALSE(verify(key, message, byte_view{signature}.first(63)));
    signature.push_back(std::byte{0});
    CHECK_FALSE(verify(key, message, signature));
  }
}

TEST_CASE("S plus the order of the group is no second signature") {
  auto key = key_from_hex(load_vectors("node_id")["ids"][0]["seed"]);
  // 2^252 + 27742317777372353535851937790883648493, little endian
  auto order = from_hex(std::string_view{
      "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"});
  for (uint8_t n = 0; n < 16; ++n) {
    CAPTURE(n);
    std::array message{std::byte{n}};
    auto signature = key.sign(message);
    REQUIRE(verify(key.public_key(), message, signature));
    unsigned carry = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      carry += std::to_integer<unsigned>(signature[32 + i])
               + std::to_integer<unsigned>(order[i]);
      signature[32 + i] = static_cast<std::byte>(carry);
      carry >>= 8;
    }
    CHECK_FALSE(verify(key.public_key(), message, signature));
  }
}

TEST_CASE("S reaches up to the order of the group, but not further") {
  // The neutral element as public key makes R = S * B the whole equation.
  ed25519_public_key neutral{std::byte{1}};
  auto verifies = [&](std::string_view r, std::string_view s) {
    auto signature = from_hex(r);
    auto scalar = from_hex(s);
    signature.insert(signature.end(), scalar.begin(), scalar.end());
    return verify(neutral, {}, signature);
  };
  constexpr std::string_view zero
      = "0000000000000000000000000000000000000000000000000000000000000000";
  constexpr std::string_view order
      = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
  constexpr std::string_view order_minus_1
      = "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
  constexpr std::string_view zero_times_base
      = "0100000000000000000000000000000000000000000000000000000000000000";
  constexpr std::string_view minus_base
      = "58666666666666666666666666666666666666666666666666666666666666e6";
  CHECK(verifies(zero_times_base, zero));
  CHECK(verifies(minus_base, order_minus_1));
  CHECK_FALSE(verifies(zero_times_base, order));
  CHECK_FALSE(verifies(zero_times_base, order_minus_1));
}

// -- node_key.json ------------------------------------------------------------

TEST_CASE("a key prints as CometBFT's file") {
  auto vectors = load_vectors("node_id");
  for (auto& row : vectors["ids"]) {
    CAPTURE(row["note"]);
    CHECK(to_json(key_from_hex(row["seed"])) == row["node_key_json"]);
  }
}

TEST_CASE("files of all releases are read, whatever ID stands in them") {
  auto vectors = load_vectors("node_id");
  for (auto& row : vectors["ids"]) {
    for (auto name : {"node_key_json", "node_key_json_v0_35"}) {
      CAPTURE(row["note"]);
      CAPTURE(name);
      auto key = parse_node_key(row[name].get<std::string>());
      REQUIRE(key);
      CHECK(to_hex(key->public_key()) == row["public_key"]);
      CHECK(to_hex(key->seed()) == row["seed"]);
    }
  }
}

TEST_CASE("space and unknown fields around a key are ignored") {
  auto key = parse_node_key(" {\n \"id\": 7, \"priv_key\" : { \"extra\":[{}],"
                            "\"value\":\""
                            + valid_value
                            + "\", \"type\":\"tendermint/PrivKeyEd25519\" }, "
                              "\"more\": null }\n");
  REQUIRE(key);
  CHECK(to_string(key->id()) == "21fe31dfa154a261626bf854046fd2271b7bed4b");
}

TEST_CASE("a malformed key file is refused with the reason, not the key") {
  constexpr auto type = "tendermint/PrivKeyEd25519";
  auto foreign_half = valid_value;
  foreign_half[50] = 'A';
  struct row {
    std::string text;
    std::string_view expected;
  };
  const row rows[] = {
      {"", "not a JSON object"},
      {"nonsense", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{", "not a JSON object"},
      {"{} {}", "not a JSON object"},
      {std::string(100'000, '['), "not a JSON object"},
      {"{}", "priv_key is missing or not an object"},
      {R"({"priv_key":"x"})", "priv_key is missing or not an object"},
      {R"({"priv_key":{}})", "priv_key.type is missing or not a string"},
      {R"({"priv_key":{"type":1}})", "priv_key.type is missing or not a"},
      {key_json("tendermint/PrivKeySecp256k1", valid_value),
       "priv_key.type is \"tendermint/PrivKeySecp256k1\", expected "
       "\"tendermint/PrivKeyEd25519\""},
      {key_json("a\nb", valid_value), R"(priv_key.type is "a\x0ab")"},
      {R"({"priv_key":{"type":"tendermint/PrivKeyEd25519"}})",
       "priv_key.value is missing or not a string"},
      {R"({"priv_key":{"type":"tendermint/PrivKeyEd25519","value":[]}})",
       "priv_key.value is missing or not a string"},
      {key_json(type, "!!!!"), "priv_key.value is not base64"},
      {key_json(type, valid_value.substr(0, 87)), "is not base64"},
      {key_json(type, ""), "has 0 bytes, expected 64"},
      {key_json(type, "AAAA"), "has 3 bytes, expected 64"},
      {key_json(type, valid_value.substr(0, 84)), "has 63 bytes, expected 64"},
      {key_json(type, std::string(88, 'A')), "has 66 bytes, expected 64"},
      {key_json(type, foreign_half), "ends in another key's public half"},
  };
  for (auto& [text, expected] : rows) {
    CAPTURE(expected);
    auto key = parse_node_key(text);
    REQUIRE_FALSE(key);
    CHECK(key.code() == errc::invalid_key);
    auto& context = key.error().context;
    CAPTURE(context);
    CHECK(context.starts_with("node key: "));
    CHECK(context.find(expected) != std::string::npos);
    CHECK(context.find("nWGxne") == std::string::npos);
  }
}

// -- files --------------------------------------------------------------------

TEST_CASE("a saved key is complete, private, and loads again") {
  scratch_folder folder;
  auto path = folder / "node_key.json";
  auto key = key_from_hex(load_vectors("node_id")["ids"][1]["seed"]);
  auto umask = ::umask(0);
  auto saved = save_node_key(path, key);
  ::umask(umask);
  REQUIRE(saved.code == errc::none);
  CHECK(read(path) == to_json(key));
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_nlink == 1);
  CHECK(folder.entries() == 1);
  auto loaded = load_node_key(path);
  REQUIRE(loaded);
  CHECK(loaded->public_key() == key.public_key());
}

TEST_CASE("saving never touches what exists under the name") {
  scratch_folder folder;
  auto path = folder / "node_key.json";
  auto key = key_from_hex(load_vectors("node_id")["ids"][1]["seed"]);
  SUBCASE("a file") {
    write(path, "precious");
    auto saved = save_node_key(path, key);
    CHECK(saved.code == errc::file_error);
    CHECK(saved.context.starts_with(path.string() + ": "));
    CHECK(read(path) == "precious");
  }
  SUBCASE("a link to nowhere") {
    fs::create_symlink("nowhere", path);
    CHECK(save_node_key(path, key).code == errc::file_error);
    CHECK(fs::is_symlink(path));
    CHECK_FALSE(fs::exists(folder / "nowhere"));
  }
  SUBCASE("a folder") {
    fs::create_directory(path);
    CHECK(save_node_key(path, key).code == errc::file_error);
    CHECK(fs::is_empty(path));
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a key cannot be saved into a folder that does not exist") {
  scratch_folder folder;
  auto path = folder / "config/node_key.json";
  auto saved = save_node_key(
      path, key_from_hex(load_vectors("node_id")["ids"][1]["seed"]));
  CHECK(saved.code == errc::file_error);
  CHECK(saved.context.starts_with(path.string() + ": "));
  CHECK(folder.entries() == 0);
}

TEST_CASE("what cannot be a key file is refused without reading it all") {
  scratch_folder folder;
  auto path = folder / "node_key.json";
  auto expected = errc::file_error;
  SUBCASE("nothing") {}
  SUBCASE("a folder") {
    fs::create_directory(path);
  }
  SUBCASE("a pipe that nobody writes to") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  SUBCASE("more than 64 KiB") {
    write(path, key_json("tendermint/PrivKeyEd25519", valid_value)
                    + std::string(64 * 1024, ' '));
  }
  SUBCASE("an empty file") {
    write(path, "");
    expected = errc::invalid_key;
  }
  SUBCASE("half a key") {
    write(path, key_json("tendermint/PrivKeyEd25519", "AAAA"));
    expected = errc::invalid_key;
  }
  auto loaded = load_node_key(path);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.code() == expected);
  CHECK(loaded.error().context.starts_with(path.string() + ": "));
}

TEST_CASE("a key file of exactly 64 KiB is read") {
  scratch_folder folder;
  auto path = folder / "node_key.json";
  auto text = key_json("tendermint/PrivKeyEd25519", valid_value);
  write(path, text + std::string(64 * 1024 - text.size(), ' '));
  CHECK(load_node_key(path));
}

TEST_CASE("a key of small order is known for one, in whatever encoding") {
  // Multiples of 8 of these points are the neutral element (RFC 7748, 7).
  const std::array<std::string_view, 7> points{
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  for (auto text : points)
    for (auto sign : {std::byte{0}, std::byte{0x80}}) {
      CAPTURE(text);
      auto raw = from_hex(text);
      raw.back() |= sign;
      ed25519_public_key key;
      std::ranges::copy(raw, key.begin());
      CHECK(has_small_order(key));
    }
  for (uint8_t i = 0; i < 50; ++i) {
    std::array<std::byte, 32> seed{};
    seed.fill(std::byte{i});
    CHECK_FALSE(has_small_order(node_key::from_seed(seed).public_key()));
  }
}
