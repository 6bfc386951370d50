// Commands in a form that can be generated, shown and compared.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>

#include "models/kv/client.hpp"

namespace heddle::kv {

inline constexpr std::string_view key_names[] = {"a", "ab", "b"};
inline constexpr std::string_view values[] = {"1", "2", "7"};

/// A command in a form that can be generated and shown.
struct Step {
  Verb verb = Verb::get;
  int key = 0;
  int value = 0;
  int expected = 0;
  SetIf condition = SetIf::always;
  int ttl_ms = 0;  // 0: none
  bool keep_ttl = false;
  int sleep_ms = 0;

  [[nodiscard]] Duration ttl() const {
    // Half a millisecond more, so that no deadline falls together with the end of a sleep.
    return std::chrono::milliseconds(std::max(ttl_ms, 1)) + std::chrono::microseconds(500);
  }
  [[nodiscard]] bool needs_ttl() const {
    return verb == Verb::expire || verb == Verb::compare_and_expire || verb == Verb::acquire;
  }
  [[nodiscard]] Command command() const {
    const bool sets = verb == Verb::set || verb == Verb::compare_and_set;
    const bool has_ttl = needs_ttl() || (sets && ttl_ms > 0 && !keep_ttl);
    return {.verb = verb,
            .key = key_names[key],
            .value = values[value],
            .expected = values[expected],
            .counter = "n",
            .set = {.condition = condition,
                    .ttl = has_ttl ? std::optional(ttl()) : std::nullopt,
                    .keep_ttl = sets && keep_ttl}};
  }
};

inline std::ostream& operator<<(std::ostream& out, const Step& s) {
  return out << to_string(s.verb) << "(" << key_names[s.key] << ", value " << values[s.value] << ", expected "
             << values[s.expected] << ", if " << int(s.condition) << ", ttl " << s.ttl_ms << (s.keep_ttl ? " kept" : "")
             << ", then sleep " << s.sleep_ms << ")";
}

inline rc::Gen<Step> any_step() {
  using rc::gen::inRange;
  return rc::gen::build<Step>(
      rc::gen::set(&Step::verb, rc::gen::map(inRange(0, 12), [](int v) { return static_cast<Verb>(v); })),
      rc::gen::set(&Step::key, inRange(0, 3)), rc::gen::set(&Step::value, inRange(0, 3)),
      rc::gen::set(&Step::expected, inRange(0, 3)),
      rc::gen::set(&Step::condition, rc::gen::map(inRange(0, 3), [](int c) { return static_cast<SetIf>(c); })),
      rc::gen::set(&Step::ttl_ms, inRange(0, 6)), rc::gen::set(&Step::keep_ttl),
      rc::gen::set(&Step::sleep_ms, inRange(0, 4)));
}

inline std::string text(const Reply& reply) {
  std::ostringstream out;
  out << reply.applied << "|" << reply.value.value_or("-") << "|" << int(reply.ttl.kind) << ","
      << reply.ttl.remaining.count() << "|" << reply.number;
  for (const std::string& key : reply.keys) out << "|" << key;
  return out.str();
}

}  // namespace heddle::kv
