// Commands in a form that can be generated, shown and compared.
#pragma once

#include <rapidcheck.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>

#include "models/kv/session.hpp"

namespace heddle::kv {

inline constexpr std::array<std::string_view, 3> key_names = {"a", "ab", "b"};
inline constexpr std::array<std::string_view, 3> values = {"1", "2", "7"};
inline constexpr std::array<std::string_view, 4> patterns = {"*", "a*", "?", "[^b]"};

/// Those that a store performs; MULTI and its like are a connection's.
inline constexpr std::array<Verb, 28> store_verbs = {Verb::increment_float,
                                                     Verb::rename,
                                                     Verb::get,
                                                     Verb::set,
                                                     Verb::getdel,
                                                     Verb::getex,
                                                     Verb::append,
                                                     Verb::strlen,
                                                     Verb::getrange,
                                                     Verb::setrange,
                                                     Verb::increment,
                                                     Verb::del,
                                                     Verb::exists,
                                                     Verb::mget,
                                                     Verb::mset,
                                                     Verb::msetnx,
                                                     Verb::type,
                                                     Verb::expire,
                                                     Verb::persist,
                                                     Verb::ttl,
                                                     Verb::keys,
                                                     Verb::scan,
                                                     Verb::dbsize,
                                                     Verb::flush,
                                                     Verb::compare_and_delete,
                                                     Verb::compare_and_set,
                                                     Verb::compare_and_expire,
                                                     Verb::acquire};

/// A command in a form that can be generated and shown.
struct Step {
  Verb verb = Verb::get;
  std::size_t key = 0;
  std::size_t other_key = 1;
  std::size_t value = 0;
  std::size_t expected = 0;
  SetIf condition = SetIf::always;
  ExpireIf expire_if = {};
  int ttl_ms = 0;  // 0: none
  bool keep_ttl = false;
  bool in_transaction = false;  ///< after WATCH of its key, and with a GET of the other one
  int sleep_ms = 0;

  [[nodiscard]] bool needs_ttl() const {
    return verb == Verb::expire || verb == Verb::compare_and_expire || verb == Verb::acquire;
  }
  [[nodiscard]] bool takes_ttl() const {
    return verb == Verb::set || verb == Verb::compare_and_set || verb == Verb::getex;
  }
  /// Valid as long as this step lives.
  [[nodiscard]] Command command() {
    more = {key_names[other_key]};
    if (verb == Verb::mset || verb == Verb::msetnx)
      more = {key_names[key], values[value], key_names[other_key], values[expected]};
    Expiry expiry;
    if (needs_ttl() || (takes_ttl() && ttl_ms > 0)) expiry = Expiry::after(Milliseconds(std::max(ttl_ms, 1)));
    if (takes_ttl() && verb != Verb::getex && keep_ttl) expiry = Expiry::keep();
    const bool is_pattern = verb == Verb::keys || verb == Verb::scan;
    return {.verb = verb,
            .key = is_pattern ? patterns[value] : key_names[key],
            .value = verb == Verb::scan     ? std::string_view()
                     : verb == Verb::rename ? key_names[other_key]
                                            : values[value],
            .expected = values[expected],
            .counter = "n",
            .more = more,
            .condition = condition,
            .expire_if = expire_if,
            .expiry = expiry,
            .number = static_cast<std::int64_t>(value),
            .count = static_cast<std::int64_t>(expected) + 1};
  }
  std::vector<std::string_view> more = {};
};

inline std::ostream& operator<<(std::ostream& out, const Step& s) {
  return out << to_string(s.verb) << "(" << key_names[s.key] << ", " << key_names[s.other_key] << ", value "
             << values[s.value] << ", expected " << values[s.expected] << ", if " << int(s.condition) << ", ttl "
             << s.ttl_ms << (s.keep_ttl ? " kept" : "") << (s.in_transaction ? " in a transaction" : "")
             << ", then sleep " << s.sleep_ms << ")";
}

inline rc::Gen<Step> any_step() {
  using rc::gen::inRange;
  const auto index = [](std::size_t n) { return inRange(std::size_t{0}, n); };
  return rc::gen::build<Step>(
      rc::gen::set(&Step::verb, rc::gen::map(index(store_verbs.size()), [](std::size_t v) { return store_verbs[v]; })),
      rc::gen::set(&Step::key, index(3)), rc::gen::set(&Step::other_key, index(3)),
      rc::gen::set(&Step::value, index(3)), rc::gen::set(&Step::expected, index(3)),
      rc::gen::set(&Step::condition, rc::gen::map(inRange(0, 3), [](int c) { return static_cast<SetIf>(c); })),
      rc::gen::set(&Step::ttl_ms, inRange(0, 6)), rc::gen::set(&Step::keep_ttl),
      rc::gen::set(&Step::in_transaction, rc::gen::map(inRange(0, 5), [](int n) { return n == 0; })),
      rc::gen::set(&Step::sleep_ms, inRange(0, 4)));
}

/// Performs the step; what was answered, as text.
inline std::string perform(Client& client, Step step) {
  const Command command = step.command();
  if (!step.in_transaction) return to_string(client.call(command));
  client.watch({command.key});
  const auto replies = client.transaction({command, {.verb = Verb::get, .key = key_names[step.other_key]}});
  return replies ? to_string(Reply::of_list(*replies)) : "a watched key has changed";
}

}  // namespace heddle::kv
