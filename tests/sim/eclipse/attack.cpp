// SPDX-License-Identifier: Apache-2.0
#include "attack.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "troupe_victim.hpp"

namespace troupe::eclipse {

namespace {

/// How often one connected peer is asked for addresses.
constexpr double ask_period = 30;

/// How long a dial takes, in seconds: to one who answers, and to one who does
/// not.
constexpr double dial_time = 1;
constexpr double dial_timeout = 3;

constexpr double hour = 3600;

class simulation {
public:
  simulation(const attack_options& options, const make_victim& make,
             uint64_t seed)
    : options_(options),
      dice_(seed) {
    make_network();
    victim_ = make(network_, limits_, dice_());
  }

  attack_result run() {
    begin();
    const auto end = options_.calm + options_.duration;
    for (now_ = 0; now_ < end; now_ += 1)
      step();
    attack_result result = sums_;
    result.outgoing /= result.outgoing_count;
    result.all /= result.all_count;
    result.outgoing_count /= samples_;
    result.all_count /= samples_;
    return result;
  }

private:
  struct connection {
    bool outgoing = false;
    double since = 0;
    bool useful = false;
  };

  struct pending_dial {
    double at = 0;
    node_number whom = 0;
    bool answers = false;
  };

  // -- the network ------------------------------------------------------------

  double chance() {
    return static_cast<double>(dice_() >> 11)
           / static_cast<double>(uint64_t{1} << 53);
  }

  node_number one_of(const std::vector<node_number>& which) {
    return which[dice_() % which.size()];
  }

  void add(size_t count, size_t groups, unsigned first, bool attacker,
           bool dead, std::vector<node_number>& to) {
    for (size_t i = 0; i < count; ++i) {
      std::array<std::byte, node_id::size> raw{};
      for (auto& x : raw)
        x = static_cast<std::byte>(dice_() & 0xff);
      const auto group = i % groups;
      const auto inner = i / groups;
      to.push_back(network_.size());
      network_.push_back(
          {.id = node_id{raw},
           .ip = ip_address::v4(static_cast<uint8_t>(first + group / 200),
                                static_cast<uint8_t>(group % 200),
                                static_cast<uint8_t>(inner % 250),
                                static_cast<uint8_t>(1 + inner / 250)),
           .attacker = attacker,
           .dead = dead});
    }
  }

  void make_network() {
    add(options_.honest, options_.honest_groups, 20, false, false, honest_);
    told_honest_ = honest_;
    add(options_.gone, options_.honest_groups, 40, false, true, told_honest_);
    add(options_.attackers, options_.attacker_groups, 60, true, false,
        attackers_);
  }

  void begin() {
    victim_->begin_with({honest_[0], honest_[1], honest_[2]}, 0);
  }

  [[nodiscard]] bool under_attack() const {
    return now_ >= options_.calm;
  }

  // -- a second ---------------------------------------------------------------

  void step() {
    if (options_.restarts > 0 && now_ > options_.calm
        && std::fmod(now_ - options_.calm, options_.restarts) < 1)
      restart();
    finish_dials();
    let_in();
    break_connections();
    for (auto who : victim_->evict(now_))
      end(who);
    for (auto whom : victim_->dial(now_))
      begin_dial(whom);
    if (std::fmod(now_, ask_period) < 1 && !connections_.empty()
        && victim_->wants_addresses(false)) {
      auto i = connections_.begin();
      std::advance(i, dice_() % connections_.size());
      ask(i->first);
    }
    if (std::fmod(now_, 60) < 1)
      measure();
  }

  void begin_dial(node_number whom) {
    const auto& node = network_[whom];
    const auto answers
        = !node.dead
          && (node.attacker ? under_attack() : chance() < options_.free_slots);
    dials_.push_back(
        {now_ + (answers ? dial_time : dial_timeout), whom, answers});
  }

  void finish_dials() {
    std::vector<pending_dial> due;
    std::erase_if(dials_, [&](const auto& x) {
      if (x.at > now_)
        return false;
      due.push_back(x);
      return true;
    });
    for (const auto& x : due) {
      if (!x.answers) {
        victim_->failed(x.whom, now_);
      } else if (victim_->dialed(x.whom, now_)) {
        connections_[x.whom] = {.outgoing = true, .since = now_};
        if (victim_->wants_addresses(true))
          ask(x.whom);
      }
    }
  }

  /// A peer answers: an attacker with attackers, an honest one with what is in
  /// its book.
  void ask(node_number whom) {
    std::vector<node_number> answer;
    std::set<node_number> seen;
    for (size_t i = 0; i < options_.answer; ++i) {
      const auto lie
          = under_attack()
            && (network_[whom].attacker || chance() < options_.poisoned);
      const auto x = one_of(lie ? attackers_ : told_honest_);
      if (x != whom && seen.insert(x).second)
        answer.push_back(x);
    }
    victim_->told(whom, answer, now_);
  }

  void try_to_enter(node_number who) {
    const auto dialing
        = std::any_of(dials_.begin(), dials_.end(),
                      [who](const auto& x) { return x.whom == who; });
    if (connections_.count(who) != 0 || dialing)
      return;
    if (victim_->accepted(who, now_))
      connections_[who] = {.outgoing = false, .since = now_};
  }

  /// Honest nodes and attackers dial us.
  void let_in() {
    auto arrivals = [this](double rate, const auto& whom) {
      for (auto left = rate; left > 0; left -= 1)
        if (chance() < left)
          try_to_enter(one_of(whom));
    };
    arrivals(static_cast<double>(honest_.size()) / options_.honest_dials,
             honest_);
    if (under_attack())
      arrivals(options_.flood, attackers_);
  }

  void break_connections() {
    std::vector<node_number> broken;
    for (auto& [who, x] : connections_) {
      if (!network_[who].attacker && chance() < 1 / options_.connection_life)
        broken.push_back(who);
      if (!x.useful && now_ - x.since >= hour) {
        x.useful = true;
        victim_->useful(who, now_);
      }
    }
    for (auto who : broken)
      end(who);
  }

  void end(node_number who) {
    connections_.erase(who);
    victim_->ended(who, now_);
  }

  void restart() {
    connections_.clear();
    dials_.clear();
    victim_->restart(now_);
  }

  void measure() {
    if (now_ < options_.calm + options_.duration / 2)
      return;
    samples_ += 1;
    for (const auto& [who, x] : connections_) {
      const auto bad = network_[who].attacker ? 1.0 : 0.0;
      sums_.all_count += 1;
      sums_.all += bad;
      if (x.outgoing) {
        sums_.outgoing_count += 1;
        sums_.outgoing += bad;
      }
    }
  }

  attack_options options_;
  victim_limits limits_;
  std::mt19937_64 dice_;
  std::vector<network_node> network_;
  std::vector<node_number> honest_;
  std::vector<node_number> told_honest_;
  std::vector<node_number> attackers_;
  std::unique_ptr<victim> victim_;
  std::map<node_number, connection> connections_;
  std::vector<pending_dial> dials_;
  double now_ = 0;
  double samples_ = 0;
  attack_result sums_;
};

} // namespace

std::vector<attack_options> attacks() {
  return {
      {.name = "few groups"},
      {.name = "many groups", .attacker_groups = 500},
      {.name = "restarts", .attacker_groups = 16, .restarts = hour},
      {.name = "flood", .attacker_groups = 8, .poisoned = 0.2, .flood = 2},
      {.name = "flood and restarts",
       .attacker_groups = 8,
       .flood = 2,
       .restarts = hour},
      {.name = "flood from many groups", .attacker_groups = 500, .flood = 2},
  };
}

attack_result run(const attack_options& options, const make_victim& make,
                  uint64_t seed) {
  return simulation{options, make, seed}.run();
}

make_victim with_our_rules() {
  return [](const auto& network, const auto& limits, uint64_t seed) {
    return std::make_unique<troupe_victim>(network, limits, seed);
  };
}

make_victim with_cometbft_rules() {
  return [](const auto& network, const auto& limits, uint64_t seed) {
    return std::make_unique<cometbft_victim>(network, limits, seed);
  };
}

} // namespace troupe::eclipse
