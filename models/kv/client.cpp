#include "models/kv/client.hpp"

#include <fmt/format.h>

#include "sim/core/error.hpp"

namespace heddle::kv {

std::string_view to_string(Verb verb) noexcept {
  switch (verb) {
    case Verb::get:
      return "get";
    case Verb::set:
      return "set";
    case Verb::del:
      return "del";
    case Verb::exists:
      return "exists";
    case Verb::pttl:
      return "pttl";
    case Verb::expire:
      return "expire";
    case Verb::keys:
      return "keys";
    case Verb::increment:
      return "increment";
    case Verb::compare_and_delete:
      return "compare_and_delete";
    case Verb::compare_and_set:
      return "compare_and_set";
    case Verb::compare_and_expire:
      return "compare_and_expire";
    case Verb::acquire:
      return "acquire";
  }
  return "";
}

CallError::CallError(Kind kind, Verb verb)
    : std::runtime_error(
          kind == Kind::refused
              ? fmt::format("kv.{} was refused: it has not been performed", to_string(verb))
              : fmt::format("kv.{} timed out: whether it has been performed is unknown", to_string(verb))),
      kind_(kind) {}

namespace detail {

void refuse_ttl(const Command& command) {
  const std::string call = fmt::format("kv.{} of '{}'", to_string(command.verb), command.key);
  if (command.set.keep_ttl)
    throw sim::Error(sim::ErrorCode::usage, call + " asks for a TTL and for keeping the old one; give one of the two");
  throw sim::Error(sim::ErrorCode::usage,
                   fmt::format("{} has a TTL of {} ns; a TTL is more than zero (use del to remove a key)", call,
                               command.set.ttl->count()));
}

}  // namespace detail
}  // namespace heddle::kv
