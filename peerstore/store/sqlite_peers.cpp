// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/sqlite_peers.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

// -- reading a row ------------------------------------------------------------

/// Takes the columns of a row one after the other and remembers the first that
/// breaks a rule.
class row_reader {
public:
  explicit row_reader(const sqlite_statement& row) : row_(row) {}

  /// The column that breaks a rule, or nothing.
  [[nodiscard]] std::string_view bad() const {
    return bad_;
  }

  void refuse(std::string_view column) {
    if (bad_.empty())
      bad_ = column;
  }

  int64_t integer(std::string_view column, int64_t min, int64_t max) {
    auto value = row_.integer(index_++);
    if (!value || *value < min || *value > max) {
      refuse(column);
      return min;
    }
    return *value;
  }

  uint32_t count(std::string_view column) {
    return static_cast<uint32_t>(
        integer(column, 0, std::numeric_limits<uint32_t>::max()));
  }

  std::optional<wall_time> time(std::string_view column) {
    if (row_.is_null(index_)) {
      ++index_;
      return std::nullopt;
    }
    return wall_time{std::chrono::milliseconds{
        integer(column, stored_time_min.time_since_epoch().count(),
                stored_time_max.time_since_epoch().count())}};
  }

  /// An absent text is empty.
  std::string text(std::string_view column, size_t size_max) {
    auto index = index_++;
    if (row_.is_null(index))
      return {};
    auto value = row_.text(index);
    if (!value || value->size() > size_max) {
      refuse(column);
      return {};
    }
    return std::string{*value};
  }

private:
  const sqlite_statement& row_;
  int index_ = 0;
  std::string_view bad_;
};

constexpr auto select_peers
    = "SELECT id, score_milli, scored_at, short_connections, dialable_at, "
      "last_connected, last_disconnected, banned_until, ban_reason, "
      "incompatible_since, incompatible_reason, incompatible_detail, "
      "incompatible_with, stored_at, banned_by_operator, source, "
      "source_group, tried, anchor, served_since FROM peers ORDER BY id";

constexpr auto select_addresses
    = "SELECT peer, position, address, failures, retry_at, last_success, "
      "last_failure FROM addresses ORDER BY peer, position";

constexpr auto no_max = std::numeric_limits<int64_t>::max();

/// Reads all but the addresses. @returns the column that breaks a rule.
std::string_view read_peer(const sqlite_statement& from, stored_peer& to) {
  row_reader row{from};
  if (auto id = node_id::parse(row.text("id", 2 * node_id::size)))
    to.id = *id;
  else
    row.refuse("id");
  to.score_milli = row.integer("score_milli", -no_max, no_max);
  to.scored_at = row.time("scored_at");
  to.short_connections = row.count("short_connections");
  to.dialable_at = row.time("dialable_at");
  to.last_connected = row.time("last_connected");
  to.last_disconnected = row.time("last_disconnected");
  auto until = row.time("banned_until");
  auto why = row.text("ban_reason", stored_text_size_max);
  if (until)
    to.ban = {*until, std::move(why), false};
  auto since = row.time("incompatible_since");
  auto reason = row.text("incompatible_reason", stored_text_size_max);
  auto detail = row.text("incompatible_detail", stored_text_size_max);
  auto with = row.text("incompatible_with", stored_text_size_max);
  if (since) {
    to.incompatible = {*since, errc::none, std::move(detail), std::move(with)};
    if (!from_string(reason, to.incompatible->reason))
      row.refuse("incompatible_reason");
  }
  to.stored_at = row.time("stored_at");
  auto by_operator = row.integer("banned_by_operator", 0, 1) == 1;
  if (to.ban)
    to.ban->by_operator = by_operator;
  if (auto source = row.text("source", 2 * node_id::size); !source.empty()) {
    if (auto id = node_id::parse(source))
      to.source = *id;
    else
      row.refuse("source");
  }
  to.source_group = row.text("source_group", stored_text_size_max);
  to.tried = row.integer("tried", 0, 1) == 1;
  to.anchor = row.integer("anchor", 0, 1) == 1;
  to.served_since = row.time("served_since");
  return row.bad();
}

/// @returns the column that breaks a rule.
std::string_view read_address(const sqlite_statement& from, const node_id& peer,
                              stored_address& to) {
  row_reader row{from};
  row.text("peer", 2 * node_id::size);
  row.integer("position", -no_max, no_max);
  auto parsed
      = node_address::parse(row.text("address", node_address::max_text_size));
  if (parsed && parsed->id == peer)
    to.address = std::move(*parsed);
  else
    row.refuse("address");
  to.failures = row.count("failures");
  to.retry_at = row.time("retry_at");
  to.last_success = row.time("last_success");
  to.last_failure = row.time("last_failure");
  return row.bad();
}

// -- reading all --------------------------------------------------------------

/// Merges the two tables, which come in the same order.
class merger {
public:
  merger(sqlite_statement peers, sqlite_statement addresses,
         problem_list& problems)
    : peers_(std::move(peers)),
      addresses_(std::move(addresses)),
      problems_(problems) {}

  result<peers_read> run() {
    if (auto bad = next_address(); bad.code != errc::none)
      return bad;
    for (;;) {
      auto more = peers_.step();
      if (!more)
        return more.error();
      if (!*more)
        break;
      if (result_.peers.size() == stored_peers_max) {
        problems_.add(fmt::format("more than {} peers: the rest is left out",
                                  stored_peers_max));
        return std::move(result_);
      }
      if (auto bad = take_peer(); bad.code != errc::none)
        return bad;
    }
    while (owner_)
      if (auto bad = skip_address("peer"); bad.code != errc::none)
        return bad;
    return std::move(result_);
  }

private:
  failure next_address() {
    auto more = addresses_.step();
    if (!more)
      return more.error();
    owner_.reset();
    if (*more)
      owner_ = std::string{addresses_.text(0).value_or("")};
    return {};
  }

  failure skip_address(std::string_view column) {
    problems_.add(fmt::format("address {} of peer {}: bad {}",
                              troupe::quoted(addresses_.text(2).value_or("")),
                              troupe::quoted(*owner_), column));
    if (result_.bad_rows.size() < bad_rows_max)
      result_.bad_rows.push_back({*owner_, addresses_.integer(1).value_or(0)});
    return next_address();
  }

  failure take_peer() {
    auto id = std::string{peers_.text(0).value_or("")};
    while (owner_ && *owner_ < id) // Of a peer that is not there.
      if (auto bad = skip_address("peer"); bad.code != errc::none)
        return bad;
    stored_peer peer;
    if (auto column = read_peer(peers_, peer); !column.empty()) {
      problems_.add(fmt::format("peer {}: bad {}", troupe::quoted(id), column));
      if (result_.bad_rows.size() < bad_rows_max)
        result_.bad_rows.push_back({id, std::nullopt});
      return drop_addresses(id);
    }
    while (owner_ && *owner_ == id)
      if (auto bad = take_address(peer); bad.code != errc::none)
        return bad;
    result_.peers.push_back(std::move(peer));
    return {};
  }

  /// They go with their peer.
  failure drop_addresses(const std::string& id) {
    while (owner_ && *owner_ == id)
      if (auto bad = next_address(); bad.code != errc::none)
        return bad;
    return {};
  }

  failure take_address(stored_peer& peer) {
    stored_address address;
    if (auto column = read_address(addresses_, peer.id, address);
        !column.empty())
      return skip_address(column);
    auto is_same
        = [&address](const auto& x) { return x.address == address.address; };
    if (std::any_of(peer.addresses.begin(), peer.addresses.end(), is_same))
      return skip_address("address, as it is there twice");
    if (peer.addresses.size() == stored_addresses_max)
      return skip_address("position, as there are too many");
    peer.addresses.push_back(std::move(address));
    return next_address();
  }

  sqlite_statement peers_;
  sqlite_statement addresses_;
  problem_list& problems_;
  peers_read result_;
  /// The peer that the current row of `addresses_` belongs to.
  std::optional<std::string> owner_;
};

// -- writing ------------------------------------------------------------------

void bind_time(sqlite_statement& to, int index,
               std::optional<wall_time> value) {
  if (value)
    to.bind(index, value->time_since_epoch().count());
  else
    to.bind_null(index);
}

} // namespace

result<peers_read> read_peers(sqlite_database& db, problem_list& problems) {
  auto peers = db.prepare(select_peers);
  if (!peers)
    return peers.error();
  auto addresses = db.prepare(select_addresses);
  if (!addresses)
    return addresses.error();
  if (auto bad = db.execute("BEGIN"); bad.code != errc::none)
    return bad;
  auto found = merger{std::move(*peers), std::move(*addresses), problems}.run();
  // Nothing was changed, so it cannot matter if this fails; and after a failure
  // it must not hide that one.
  if (found)
    static_cast<void>(db.execute("COMMIT"));
  return found;
}

result<sqlite_peer_writer> sqlite_peer_writer::make(sqlite_database& db) {
  const std::pair<sqlite_statement sqlite_peer_writer::*, const char*> all[] = {
      {&sqlite_peer_writer::erase_peer_, "DELETE FROM peers WHERE id = ?"},
      {&sqlite_peer_writer::erase_addresses_,
       "DELETE FROM addresses WHERE peer = ?"},
      {&sqlite_peer_writer::erase_address_,
       "DELETE FROM addresses WHERE peer = ? AND position = ?"},
      {&sqlite_peer_writer::put_peer_,
       "INSERT INTO peers(id, score_milli, scored_at, short_connections, "
       "dialable_at, last_connected, last_disconnected, banned_until, "
       "ban_reason, incompatible_since, incompatible_reason, "
       "incompatible_detail, incompatible_with, stored_at, "
       "banned_by_operator, source, source_group, tried, anchor, "
       "served_since) "
       "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&sqlite_peer_writer::put_address_,
       "INSERT INTO addresses(peer, position, address, failures, retry_at, "
       "last_success, last_failure) VALUES(?, ?, ?, ?, ?, ?, ?)"},
  };
  sqlite_peer_writer result;
  for (auto [member, sql] : all) {
    auto prepared = db.prepare(sql);
    if (!prepared)
      return prepared.error();
    result.*member = std::move(*prepared);
  }
  return result;
}

failure sqlite_peer_writer::erase_peer(std::string_view id) {
  // Not left to the foreign key: an operator's shell does not heed it, and may
  // have left addresses without peer.
  erase_addresses_.bind(0, id);
  if (auto bad = erase_addresses_.run(); bad.code != errc::none)
    return bad;
  erase_peer_.bind(0, id);
  return erase_peer_.run();
}

failure sqlite_peer_writer::erase(const node_id& id) {
  return erase_peer(to_string(id));
}

failure sqlite_peer_writer::erase(const bad_row& row) {
  if (!row.position)
    return erase_peer(row.peer);
  erase_address_.bind(0, std::string_view{row.peer});
  erase_address_.bind(1, *row.position);
  return erase_address_.run();
}

failure sqlite_peer_writer::put(const stored_peer& peer) {
  const auto id = to_string(peer.id);
  if (auto bad = erase_peer(id); bad.code != errc::none)
    return bad;
  put_peer_.bind(0, std::string_view{id});
  put_peer_.bind(1, peer.score_milli);
  bind_time(put_peer_, 2, peer.scored_at);
  put_peer_.bind(3, int64_t{peer.short_connections});
  bind_time(put_peer_, 4, peer.dialable_at);
  bind_time(put_peer_, 5, peer.last_connected);
  bind_time(put_peer_, 6, peer.last_disconnected);
  for (int i = 7; i < 13; ++i)
    put_peer_.bind_null(i);
  std::string misfit;
  if (peer.ban) {
    bind_time(put_peer_, 7, peer.ban->until);
    put_peer_.bind(8, std::string_view{peer.ban->reason});
  }
  if (peer.incompatible) {
    bind_time(put_peer_, 9, peer.incompatible->since);
    misfit = to_string(peer.incompatible->reason);
    put_peer_.bind(10, std::string_view{misfit});
    put_peer_.bind(11, std::string_view{peer.incompatible->detail});
    put_peer_.bind(12, std::string_view{peer.incompatible->with});
  }
  bind_time(put_peer_, 13, peer.stored_at);
  put_peer_.bind(14, int64_t{peer.ban && peer.ban->by_operator ? 1 : 0});
  const auto source = to_string(peer.source);
  put_peer_.bind_null(15);
  if (peer.source)
    put_peer_.bind(15, std::string_view{source});
  put_peer_.bind_null(16);
  if (!peer.source_group.empty())
    put_peer_.bind(16, std::string_view{peer.source_group});
  put_peer_.bind(17, int64_t{peer.tried ? 1 : 0});
  put_peer_.bind(18, int64_t{peer.anchor ? 1 : 0});
  bind_time(put_peer_, 19, peer.served_since);
  if (auto bad = put_peer_.run(); bad.code != errc::none)
    return bad;
  put_address_.bind(0, std::string_view{id});
  for (int64_t position = 0; const auto& x : peer.addresses) {
    const auto text = to_stored_text(x.address);
    put_address_.bind(1, position++);
    put_address_.bind(2, std::string_view{text});
    put_address_.bind(3, int64_t{x.failures});
    bind_time(put_address_, 4, x.retry_at);
    bind_time(put_address_, 5, x.last_success);
    bind_time(put_address_, 6, x.last_failure);
    if (auto bad = put_address_.run(); bad.code != errc::none)
      return bad;
  }
  return {};
}

} // namespace troupe
