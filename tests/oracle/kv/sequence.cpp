#include "tests/oracle/kv/sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>

#include "models/kv/session.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/random.hpp"
#include "tests/oracle/kv/redis_server.hpp"

namespace heddle::kv {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 7> all_keys = {"a", "ab", "abc", "b", "", "a*b", "counter"};

/// Draws one sequence.
class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t index) : rng_(seed, index) {}

  Act act() {
    Act act;
    act.connection = below(connections);
    if (one_in(25)) return {Act::Kind::expire, act.connection, {key(), value()}};
    if (one_in(12)) {
      act.kind = Act::Kind::script;
      act.words = {pick({"compare_and_delete", "compare_and_set", "compare_and_expire", "acquire"}), key(), value(),
                   value(), ttl_ms()};
      return act;
    }
    act.words = command();
    act.kind = one_in(3) ? Act::Kind::call : Act::Kind::words;
    if (one_in(30)) act.words.push_back(pick({"x", "nx", "10"}));  // one too many
    if (one_in(30) && act.words.size() > 1) act.words.pop_back();  // one too few
    if (one_in(4)) std::ranges::transform(act.words[0], act.words[0].begin(), lower);
    return act;
  }

 private:
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  std::size_t below(std::size_t n) { return rng_.below(static_cast<std::uint32_t>(n)); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string pick(std::initializer_list<std::string_view> from) {
    return std::string(*(from.begin() + below(from.size())));
  }
  std::string key() { return std::string(all_keys[below(all_keys.size() - 1)]); }
  std::string value() {
    return pick({"1", "2", "-7", "", "text", "9223372036854775807", "-9223372036854775808", "007", " 3", "3.5"});
  }
  std::string number() {
    return pick({"0", "1", "2", "-1", "5", "-3", "100", "9223372036854775807", "-9223372036854775808",
                 "9223372036854775808", "x", "", "01", "+1", "1.0"});
  }
  std::string pattern() {
    if (one_in(3)) return pick({"*", "a*", "?", "[ab]", "a\\*b", "*b*", "[^b]*", "", "a?", "[a-c]b*"});
    std::string text;
    for (std::size_t i = below(7); i > 0; --i) text += pick({"a", "b", "c", "*", "?", "[", "]", "^", "-", "\\"});
    return text;
  }
  /// A TTL that no other of this sequence is near to.
  std::int64_t far_seconds() { return 1000 + 200 * ++times_; }
  std::string ttl_ms() { return std::to_string(far_seconds() * 1000); }
  /// Seconds or milliseconds from now.
  std::string relative(bool seconds) {
    if (one_in(5)) return number_that_is_no_near_time();
    return std::to_string(seconds ? far_seconds() : far_seconds() * 1000);
  }
  /// Seconds or milliseconds since 1970: past, or beyond the year 2096.
  std::string absolute(bool seconds) {
    if (one_in(5)) return number_that_is_no_near_time();
    if (one_in(4)) return pick({"1", "1000", "-5", "0"});
    const std::int64_t at = 4'000'000'000 + 100 * static_cast<std::int64_t>(below(20));
    return std::to_string(seconds ? at : at * 1000);
  }
  std::string number_that_is_no_near_time() {
    return pick({"0", "-1", "x", "", "9223372036854775807", "-9223372036854775808", "9223372036854775", "1e3"});
  }
  void add_time(std::vector<std::string>& words) {
    switch (below(4)) {
      case 0:
        words.insert(words.end(), {"EX", relative(true)});
        break;
      case 1:
        words.insert(words.end(), {"PX", relative(false)});
        break;
      case 2:
        words.insert(words.end(), {"EXAT", absolute(true)});
        break;
      default:
        words.insert(words.end(), {"pxat", absolute(false)});
    }
  }

  std::vector<std::string> set() {
    std::vector<std::string> words{"SET", key(), value()};
    if (one_in(3)) words.push_back(pick({"NX", "XX", "nx", "xX"}));
    if (one_in(4)) words.push_back(pick({"GET", "get"}));
    if (one_in(3)) add_time(words);
    if (one_in(6)) words.push_back(pick({"KEEPTTL", "PERSIST", "EX", "XX", "BAD"}));
    return words;
  }
  std::vector<std::string> getex() {
    std::vector<std::string> words{"GETEX", key()};
    if (one_in(2)) add_time(words);
    if (one_in(4)) words.push_back(pick({"PERSIST", "persist", "KEEPTTL", "NX"}));
    return words;
  }
  std::vector<std::string> expire() {
    std::vector<std::string> words;
    switch (below(4)) {
      case 0:
        words = {"EXPIRE", key(), relative(true)};
        break;
      case 1:
        words = {"PEXPIRE", key(), relative(false)};
        break;
      case 2:
        words = {"EXPIREAT", key(), absolute(true)};
        break;
      default:
        words = {"PEXPIREAT", key(), absolute(false)};
    }
    for (int i = 0; i < 2; ++i)
      if (one_in(3)) words.push_back(pick({"NX", "XX", "GT", "LT", "gt", "BAD"}));
    return words;
  }
  std::vector<std::string> of_keys(std::string name) {
    std::vector<std::string> words{std::move(name)};
    for (std::size_t i = 1 + below(3); i > 0; --i) words.push_back(key());
    return words;
  }
  std::vector<std::string> of_pairs(std::string name) {
    std::vector<std::string> words{std::move(name)};
    for (std::size_t i = 1 + below(3); i > 0; --i) words.insert(words.end(), {key(), value()});
    return words;
  }
  std::vector<std::string> scan() {
    // Large enough to see all keys at once: cursors cannot be compared.
    std::vector<std::string> words{"SCAN", pick({"0", "0", "0", "+0", "-0", "", "x", " 0"}), "COUNT", "1000"};
    if (one_in(2)) words.insert(words.end(), {pick({"MATCH", "match"}), pattern()});
    if (one_in(5)) words.insert(words.end(), {"TYPE", pick({"string", "STRING", "list", "no-such-type", ""})});
    if (one_in(8)) words.insert(words.end(), {"COUNT", pick({"0", "-1", "x"})});
    if (one_in(8)) words.push_back("MATCH");
    return words;
  }
  std::vector<std::string> command() {
    switch (below(25)) {
      case 23:
        if (one_in(2)) return {pick({"RENAME", "RENAMENX"}), key(), key()};
        return {"INCRBYFLOAT", key(),
                pick({"0.1", "-1.5e3", "3", "x", "", "inf", "nan", " 1", "1e5000", "0x10", "1e-20"})};
      case 0:
      case 1:
      case 2:
        return set();
      case 3:
        return getex();
      case 4:
      case 5:
        return expire();
      case 6:
        return {pick({"GET", "GETDEL", "STRLEN", "TYPE", "PERSIST"}), key()};
      case 7:
      case 8:
        return {pick({"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}), key()};
      case 9:
        return {pick({"INCR", "DECR"}), key()};
      case 10:
        return {pick({"INCRBY", "DECRBY"}), key(), number()};
      case 11:
        return {pick({"GETSET", "SETNX", "APPEND"}), key(), value()};
      case 12:
        return {"SETEX", key(), relative(true), value()};
      case 13:
        return {"PSETEX", key(), relative(false), value()};
      case 14:
        return of_keys(pick({"DEL", "UNLINK", "EXISTS", "TOUCH", "MGET"}));
      case 15:
        return of_pairs(pick({"MSET", "MSETNX"}));
      case 16:
        return {pick({"GETRANGE", "SUBSTR"}), key(), number(), number()};
      case 17:
        return {"SETRANGE", key(), pick({"0", "1", "3", "-1", "600000000", "x"}), value()};
      case 18:
        return {"KEYS", pattern()};
      case 19:
        return scan();
      case 20:
        return of_keys("WATCH");
      case 21:
        return {pick({"MULTI", "EXEC", "EXEC", "DISCARD", "UNWATCH"})};
      case 22:
        return one_in(3) ? std::vector<std::string>{pick({"FLUSHALL", "FLUSHDB"})}
                         : std::vector<std::string>{pick({"MULTI", "EXEC"})};
      default:
        return one_in(3) ? std::vector<std::string>{"NOSUCH", "a", "b"} : std::vector<std::string>{"DBSIZE"};
    }
  }

  sim::Rng rng_;
  std::int64_t times_ = 0;
};

bool names(const Act& act, std::string_view command) {
  return std::ranges::equal(act.words[0], command, [](char a, char b) { return std::toupper(a) == b; });
}

/// Rounds times to minutes, and sorts what has no order.
std::string comparable(const Reply& reply, const Act& act) {
  if (act.kind != Act::Kind::script && reply.kind == Reply::Kind::integer && reply.number > 0) {
    const bool seconds = names(act, "TTL") || names(act, "EXPIRETIME");
    const bool milliseconds = names(act, "PTTL") || names(act, "PEXPIRETIME");
    constexpr std::int64_t end_of_time = 9'000'000'000'000'000;
    // Deadlines are 100 s apart at least, and a sequence takes far less than that.
    if ((seconds && reply.number < end_of_time) || milliseconds)
      return fmt::format("~{}", (seconds ? reply.number * 1000 : reply.number));
  }
  if (reply.kind == Reply::Kind::list && (names(act, "KEYS") || names(act, "SCAN"))) {
    Reply sorted = names(act, "SCAN") && reply.list.size() == 2 ? reply.list[1] : reply;
    std::ranges::sort(sorted.list, {}, &Reply::text);
    return to_string(sorted);
  }
  return to_string(reply);
}

/// A connection of either kind, which remembers what it has queued: EXEC's list is compared element by element.
class Player {
 public:
  explicit Player(std::unique_ptr<Client> client) : client_(std::move(client)) {}

  std::string play(const Act& act) {
    const Reply reply = perform(act);
    if (reply.kind == Reply::Kind::status && reply.text == "QUEUED") queued_.push_back(act);
    if (act.kind == Act::Kind::script || !names(act, "EXEC")) {
      if (act.kind != Act::Kind::script && names(act, "DISCARD") && !reply.is_error()) queued_.clear();
      return comparable(reply, act);
    }
    const std::vector<Act> queued = std::exchange(queued_, {});
    if (reply.kind != Reply::Kind::list || reply.list.size() != queued.size()) return to_string(reply);
    std::string text;
    for (std::size_t i = 0; i < queued.size(); ++i) text += comparable(reply.list[i], queued[i]) + "; ";
    return text;
  }
  [[nodiscard]] Client& client() { return *client_; }

 private:
  Reply perform(const Act& act) {
    if (act.kind == Act::Kind::script) return client_->call(script(act));
    const std::vector<std::string_view> words(act.words.begin(), act.words.end());
    Parsed parsed;
    parse(words, parsed);
    if (act.kind == Act::Kind::call && parsed.error.empty() && parsed.command.expiry.kind != Expiry::Kind::not_a_time)
      return client_->call(renamed(parsed.command));
    return client_->execute(words, std::source_location::current());
  }
  /// Sent as a command, INCR becomes INCRBY and so on, and errors name what was sent.
  static Command renamed(Command command) {
    if (command.verb == Verb::set) command.name = "set";
    if (command.verb == Verb::expire) {
      const bool after = command.expiry.kind == Expiry::Kind::after;
      command.name = command.expiry.in_seconds ? (after ? "expire" : "expireat") : (after ? "pexpire" : "pexpireat");
    }
    return command;
  }
  static Command script(const Act& act) {
    constexpr std::array<Verb, 4> verbs = {Verb::compare_and_delete, Verb::compare_and_set, Verb::compare_and_expire,
                                           Verb::acquire};
    const auto verb = std::ranges::find(verbs, act.words[0], [](Verb v) { return to_string(v); });
    return {.verb = *verb,
            .key = act.words[1],
            .value = act.words[3],
            .expected = act.words[2],
            .counter = all_keys.back(),
            .expiry = Expiry::after(Milliseconds(std::stoll(act.words[4])))};
  }

  std::unique_ptr<Client> client_;
  std::vector<Act> queued_;
};

/// DBSIZE counts keys that have expired but were not met since: so they are met first.
void meet_all_keys(Client& control) {
  static_cast<void>(control.call({.verb = Verb::exists, .key = all_keys[0], .more = std::span(all_keys).subspan(1)}));
}

}  // namespace

std::vector<Act> random_sequence(std::uint64_t seed, std::uint64_t index, std::size_t length) {
  Generator generator(seed, index);
  std::vector<Act> acts;
  while (acts.size() < length) acts.push_back(generator.act());
  return acts;
}

std::string to_string(const Act& act) {
  constexpr std::array<std::string_view, 4> kinds = {"", " (as a call)", " (script)", " (then it expires)"};
  std::string text = fmt::format("connection {}:", act.connection);
  for (const std::string& word : act.words) text += word.empty() ? std::string(" \"\"") : " " + word;
  return text + std::string(kinds[static_cast<std::size_t>(act.kind)]);
}

Answers perform_on_model(const std::vector<Act>& acts, Milliseconds now) {
  Answers answers;
  const sim::Program program = [&](sim::World& world) {
    Store store("kv", now);
    std::vector<Player> players;
    for (std::size_t i = 0; i < connections; ++i) players.emplace_back(std::make_unique<StoreClient>(store));
    StoreClient control(store);
    world.task("caller", [&] {
      for (const Act& act : acts) {
        if (act.kind == Act::Kind::expire) {
          control.set(act.words[0], act.words[1], {.ttl = 1ms});
          sim::sleep(3ms);
          answers.emplace_back("expired");
        } else {
          answers.push_back(players[act.connection].play(act));
        }
      }
    });
    world.run();
  };
  sim::Execution execution;
  sim::Random random;
  random.begin_execution(0);
  const sim::ExecutionResult& result = execution.run(program, random, sim::Execution::Detail::explain);
  if (result.failure != sim::FailureKind::none) answers.push_back("the model failed: " + std::string(result.message));
  return answers;
}

Answers perform_on_server(const std::vector<Act>& acts, RedisServer& server) {
  RedisClient control(server.address());
  control.execute({"FLUSHALL"});
  std::vector<Player> players;
  for (std::size_t i = 0; i < connections; ++i) players.emplace_back(std::make_unique<RedisClient>(server.address()));
  Answers answers;
  for (const Act& act : acts) {
    if (act.kind == Act::Kind::expire) {
      control.set(act.words[0], act.words[1], {.ttl = 1ms});
      while (control.exists(act.words[0])) std::this_thread::sleep_for(1ms);
      answers.emplace_back("expired");
      continue;
    }
    if (names(act, "DBSIZE") || names(act, "EXEC")) meet_all_keys(control);
    answers.push_back(players[act.connection].play(act));
  }
  return answers;
}

namespace {

/// "~" marks a time in milliseconds, of which two within a minute are the same.
bool is_same(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const std::size_t at = a.find('~');
  if (at == std::string_view::npos || b.substr(0, at) != a.substr(0, at) || b.size() <= at || b[at] != '~')
    return false;
  const auto digits = [at](std::string_view text) {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end;
  };
  const std::size_t a_end = digits(a);
  const std::size_t b_end = digits(b);
  const std::int64_t a_time = std::stoll(std::string(a.substr(at + 1, a_end - at - 1)));
  const std::int64_t b_time = std::stoll(std::string(b.substr(at + 1, b_end - at - 1)));
  return std::abs(a_time - b_time) < 60'000 && is_same(a.substr(a_end), b.substr(b_end));
}

}  // namespace

std::size_t first_difference(const Answers& model, const Answers& server) {
  std::size_t i = 0;
  while (i < model.size() && i < server.size() && is_same(model[i], server[i])) ++i;
  return model.size() == server.size() || i < std::min(model.size(), server.size())
             ? i
             : std::min(model.size(), server.size());
}

}  // namespace heddle::kv
