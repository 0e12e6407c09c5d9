// SPDX-License-Identifier: Apache-2.0

// A gossip among strangers: frames as they come, and conversations that hold
// together, as no mutation finds the ID of a message. Whatever is said, what is
// remembered has a bound, nothing is delivered twice or passed on unasked, and
// who is to blame gets nothing more.
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <google/protobuf/stubs/logging.h>

#include "fuzz.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/samples/gossip/plumtree.hpp"

namespace troupe::fuzz {

namespace {

using namespace plumtree_wire;
using namespace std::chrono_literals;

constexpr size_t peers = 4;

/// Little of everything, so that the bounds are met.
gossip_options narrow_options() {
  return {.topics = {"a", "b"},
          .content_max = 40,
          .trees = 3,
          .seen_time = 60s,
          .seen_max = 12,
          .keep_time = 45s,
          .keep_bytes_max = 100,
          .wanted_max = 10,
          .wanted_per_peer_max = 6,
          .announce_max = 5,
          .verdicts_max = 4,
          .verdict_bytes_max = 60,
          .quota = {.bytes = {200, 2000},
                    .messages = {5, 40},
                    .ids = {5, 60},
                    .changes = {0.5, 4},
                    .broken_promises = {0.5, 4}}};
}

struct no_randomness final : entropy {
  void fill(byte_span out) override {
    std::ranges::fill(out, std::byte{7});
  }
};

node_id name_of(size_t peer) {
  const auto key = filled_key(static_cast<int>(peer) + 1);
  return node_id{byte_view{key}.first<node_id::size>()};
}

std::string topic_of(uint8_t number) {
  return std::string(1, static_cast<char>('a' + number % 4));
}

std::string content_of(uint8_t number) {
  return std::string(number % 32, static_cast<char>('a' + number / 32));
}

/// A node among peers that say what the input says.
class node_under_fire {
public:
  explicit node_under_fire(byte_view input) : from_(input) {}

  void play() {
    while (!from_.empty()) {
      step();
      look();
    }
    // What waits comes to its end by itself.
    for (int i = 0; i < 200; ++i)
      wake_up();
    require(core_.wanted().size() == 0, "nobody is asked for ever");
  }

private:
  void step() {
    const auto what = from_.octet();
    const auto peer = size_t{what} / 16 % peers;
    switch (what % 16) {
      case 0:
        core_.up(name_of(peer), now_);
        present_.insert(name_of(peer));
        break;
      case 1:
        core_.down(name_of(peer), now_);
        present_.erase(name_of(peer));
        break;
      case 2:
        now_ += from_.octet() * 100ms;
        core_.wake(now_);
        break;
      case 3:
        wake_up();
        break;
      case 4:
        judge();
        break;
      case 5:
        publish();
        break;
      case 6:
        std::ignore = core_.subscribe(topic_of(from_.octet()), now_);
        break;
      case 7:
        core_.unsubscribe(topic_of(from_.octet()), now_);
        break;
      case 8:
        core_.not_sent(name_of(peer), next_id(), now_);
        break;
      case 9:
        hear(peer, subscriptions());
        break;
      case 10:
        hear(peer, payload());
        break;
      case 11:
        hear(peer, with_ids<Announcement>());
        break;
      case 12:
        hear(peer, with_ids<Graft>());
        break;
      case 13:
        hear(peer, with_origin<Graft>());
        break;
      case 14:
        hear(peer, with_origin<Prune>());
        break;
      default:
        hear(peer, from_.take(from_.size()));
    }
  }

  /// Goes on to where the core has something to do.
  void wake_up() {
    const auto when = core_.next_wakeup();
    require(when.has_value(), "topics are told now and then");
    now_ = std::max(now_, *when);
    core_.wake(now_);
    require(*core_.next_wakeup() > now_, "it does not turn in circles");
    look();
  }

  // -- what is said -----------------------------------------------------------

  Subscriptions subscriptions() {
    Subscriptions result;
    const auto which = from_.octet();
    for (uint8_t i = 0; i < 4; ++i)
      if ((which >> i & 1) != 0)
        result.add_topics(topic_of(i));
    return result;
  }

  Payload payload() {
    Payload result;
    result.set_topic(topic_of(from_.octet()));
    result.set_content(content_of(from_.octet()));
    result.set_origin(from_.octet());
    return result;
  }

  gossip_id next_id() {
    const auto topic = topic_of(from_.octet());
    return gossip_id::of(topic, content_of(from_.octet()));
  }

  template <class T>
  T with_ids() {
    T result;
    const auto count = from_.octet() % 16;
    result.set_topic(topic_of(from_.octet()));
    for (auto i = 0; i < count; ++i)
      result.mutable_ids()->append(
          gossip_id::of(result.topic(), content_of(from_.octet())).bytes());
    return result;
  }

  template <class T>
  T with_origin() {
    T result;
    result.set_topic(topic_of(from_.octet()));
    result.set_origin(from_.octet());
    return result;
  }

  void hear(size_t peer, const google::protobuf::Message& what) {
    auto body = codec_.marshal(what);
    require(body.has_value(), "a frame takes it");
    hear(peer, *body);
  }

  /// As the reactor does.
  void hear(size_t peer, byte_view frame) {
    auto content = codec_.unmarshal(frame);
    if (!content)
      return;
    const auto is_one = hear_as<Subscriptions>(peer, *content)
                        || hear_as<Payload>(peer, *content)
                        || hear_as<Announcement>(peer, *content)
                        || hear_as<Graft>(peer, *content)
                        || hear_as<Prune>(peer, *content);
    require(is_one, "a frame has no other messages");
  }

  template <class T>
  bool hear_as(size_t peer, const troupe::payload& content) {
    const auto* what = content.as<T>();
    if (what != nullptr)
      core_.received(name_of(peer), *what, now_);
    return what != nullptr;
  }

  // -- what the user says -----------------------------------------------------

  void judge() {
    const auto how = from_.octet();
    if (open_.empty()) {
      core_.judge(next_id(), gossip_verdict::reject, now_);
      return;
    }
    const auto which = open_.begin() + how / 4 % open_.size();
    const auto [id, size] = *which;
    open_.erase(which);
    const auto verdict = static_cast<gossip_verdict>(how % 3);
    if (verdict == gossip_verdict::accept)
      good_.insert(id);
    core_.judge(id, verdict, now_);
  }

  void publish() {
    const auto before = core_.counts().published;
    const auto topic = topic_of(from_.octet());
    auto id = core_.publish(topic, content_of(from_.octet()), now_);
    if (!id || core_.counts().published == before)
      return;
    good_.insert(*id);
    remember(*id);
  }

  // -- what has to hold -------------------------------------------------------

  void look() {
    for (const auto& action : core_.take_actions())
      std::visit([this](const auto& what) { look(what); }, action);
    const auto& cache = core_.cache();
    require(cache.size() <= options_.seen_max, "few messages are known");
    require(cache.kept_bytes() <= options_.keep_bytes_max,
            "few bytes are kept");
    require(cache.places() <= 2 * options_.seen_max, "lists are short");
    require(core_.wanted().size() <= options_.wanted_max, "few are wanted");
    size_t bytes = 0;
    for (const auto& [id, size] : open_)
      bytes += size;
    require(open_.size() <= options_.verdicts_max
                && bytes <= options_.verdict_bytes_max,
            "few wait for a verdict");
  }

  void look(const gossip_send& what) {
    // Who has just been blamed may get what was said before.
    require(present_.count(what.to) == 1, "who is there gets something");
    if (what.payload)
      require(good_.count(*what.payload) == 1, "what is good is passed on");
    if (const auto* x = as<Payload>(what))
      require(what.payload == gossip_id::of(x->topic(), x->content()),
              "a payload has its name");
    if (const auto* x = as<Announcement>(what))
      look_at_ids(x->ids(), options_.announce_max);
    if (const auto* x = as<Graft>(what); x != nullptr && !x->ids().empty())
      look_at_ids(x->ids(), options_.wanted_per_peer_max);
  }

  static void look_at_ids(const std::string& ids, size_t most) {
    require(!ids.empty() && ids.size() % gossip_id::size == 0, "IDs are whole");
    require(ids.size() <= most * gossip_id::size, "few IDs at once");
  }

  void look(const gossip_deliver& what) {
    const auto& message = what.what;
    require(present_.count(message.from) == 1, "who is there is heard");
    require(message.content.size() <= options_.content_max, "not too large");
    require(message.id == gossip_id::of(message.topic, message.content),
            "a message has its name");
    for (const auto& [when, id] : known_)
      require(id != message.id || when + options_.seen_time <= now_,
              "nothing is delivered twice");
    remember(message.id);
    open_.emplace_back(message.id, message.content.size());
  }

  void look(const gossip_blame& what) {
    require(present_.erase(what.who) == 1, "once is enough");
    require(!what.text.empty(), "whoever is to blame hears why");
  }

  template <class T>
  static const T* as(const gossip_send& what) {
    return dynamic_cast<const T*>(what.what.get());
  }

  /// Only so many are sure to be known.
  void remember(const gossip_id& id) {
    known_.emplace_back(now_, id);
    if (known_.size() > options_.seen_max)
      known_.pop_front();
  }

  draws from_;
  time_point now_ = time_point{} + 1h;
  gossip_options options_ = narrow_options();
  no_randomness random_;
  plumtree core_{options_, 1, random_, now_};
  wrapper codec_{Frame::default_instance()};
  /// Who is there and not to blame.
  std::set<node_id> present_;
  /// What waits for a verdict, and its size.
  std::vector<std::pair<gossip_id, size_t>> open_;
  /// What may be passed on.
  std::set<gossip_id> good_;
  std::deque<std::pair<time_point, gossip_id>> known_;
};

} // namespace

void run(byte_view input) {
  // Protobuf complains of text that is not UTF-8.
  static const google::protobuf::LogSilencer quiet;
  static const auto sound = validate(narrow_options()).code == errc::none;
  require(sound, "the options make sense");
  node_under_fire{input}.play();
}

} // namespace troupe::fuzz
