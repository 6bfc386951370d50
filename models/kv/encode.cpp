// From a `Command` to the words that a real server is sent.
#include <fmt/format.h>

#include "models/kv/command.hpp"
#include "sim/core/error.hpp"

namespace heddle::kv {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view compare_and_delete_lua =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
constexpr std::string_view compare_and_set_lua =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "if ARGV[3] == 'KEEP' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') "
    "elseif ARGV[3] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) "
    "else redis.call('SET', KEYS[1], ARGV[2]) end return 1";
constexpr std::string_view compare_and_expire_lua =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
constexpr std::string_view acquire_lua =
    "if redis.call('EXISTS', KEYS[1]) == 1 then return false end "
    "local token = redis.call('INCR', KEYS[2]) redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return token";

std::string number(std::int64_t n) {
  return std::to_string(n);
}

std::int64_t in_milliseconds(const Expiry& expiry) {
  return expiry.in_seconds ? expiry.amount * 1000 : expiry.amount;
}

void add_expiry(Words& words, const Expiry& expiry) {
  switch (expiry.kind) {
    case Expiry::Kind::none:
    case Expiry::Kind::not_a_time:
      return;
    case Expiry::Kind::keep:
      words.emplace_back("KEEPTTL");
      return;
    case Expiry::Kind::persist:
      words.emplace_back("PERSIST");
      return;
    case Expiry::Kind::after:
      words.emplace_back(expiry.in_seconds ? "EX" : "PX");
      break;
    case Expiry::Kind::at:
      words.emplace_back(expiry.in_seconds ? "EXAT" : "PXAT");
      break;
  }
  words.push_back(number(expiry.amount));
}

Words set(const Command& command) {
  if (command.integer_reply) return {"SETNX", std::string(command.key), std::string(command.value)};
  Words words{"SET", std::string(command.key), std::string(command.value)};
  if (command.condition != SetIf::always) words.emplace_back(command.condition == SetIf::absent ? "NX" : "XX");
  if (command.get_old) words.emplace_back("GET");
  add_expiry(words, command.expiry);
  return words;
}

Words expire(const Command& command) {
  const bool after = command.expiry.kind == Expiry::Kind::after;
  std::string name = command.expiry.in_seconds ? "EXPIRE" : "PEXPIRE";
  Words words{after ? name : name + "AT", std::string(command.key), number(command.expiry.amount)};
  if (command.expire_if.no_ttl) words.emplace_back("NX");
  if (command.expire_if.has_ttl) words.emplace_back("XX");
  if (command.expire_if.greater) words.emplace_back("GT");
  if (command.expire_if.less) words.emplace_back("LT");
  return words;
}

std::string ttl_name(TtlQuery query) {
  switch (query) {
    case TtlQuery::remaining_ms:
      return "PTTL";
    case TtlQuery::remaining_seconds:
      return "TTL";
    case TtlQuery::deadline_ms:
      return "PEXPIRETIME";
    case TtlQuery::deadline_seconds:
      return "EXPIRETIME";
  }
  return {};
}

Words script(const Command& command) {
  if (command.script->lua.empty())
    throw sim::Error(sim::ErrorCode::usage,
                     fmt::format("script '{}' has no Lua, so that only the model can run it", command.script->name));
  Words words{"EVAL", std::string(command.script->lua), number(command.number)};
  words.insert(words.end(), command.more.begin(), command.more.end());
  return words;
}

Words compare_and_set(const Command& command) {
  std::string ttl;
  if (command.expiry.kind == Expiry::Kind::keep) ttl = "KEEP";
  if (command.expiry.kind == Expiry::Kind::after) ttl = number(in_milliseconds(command.expiry));
  return {"EVAL",
          std::string(compare_and_set_lua),
          "1",
          std::string(command.key),
          std::string(command.expected),
          std::string(command.value),
          ttl};
}

Words with_more(std::string name, const Command& command, bool with_key) {
  Words words{std::move(name)};
  if (with_key) words.emplace_back(command.key);
  words.insert(words.end(), command.more.begin(), command.more.end());
  return words;
}

Words scan(const Command& command) {
  Words words{"SCAN",  std::to_string(command.cursor), "MATCH", std::string(command.key),
              "COUNT", number(command.count)};
  if (!command.value.empty()) words.insert(words.end(), {"TYPE", std::string(command.value)});
  return words;
}

Words encode_script(const Command& command) {
  const std::string key(command.key);
  const std::string ttl = number(in_milliseconds(command.expiry));
  switch (command.verb) {
    case Verb::compare_and_delete:
      return {"EVAL", std::string(compare_and_delete_lua), "1", key, std::string(command.expected)};
    case Verb::compare_and_set:
      return compare_and_set(command);
    case Verb::compare_and_expire:
      return {"EVAL", std::string(compare_and_expire_lua), "1", key, std::string(command.expected), ttl};
    case Verb::acquire:
      return {"EVAL", std::string(acquire_lua), "2", key, std::string(command.counter), std::string(command.value),
              ttl};
    default:
      return script(command);
  }
}

}  // namespace

std::vector<std::string> encode(const Command& command) {
  const std::string key(command.key);
  switch (command.verb) {
    case Verb::get:
      return {"GET", key};
    case Verb::set:
      return set(command);
    case Verb::getdel:
      return {"GETDEL", key};
    case Verb::getex: {
      Words words{"GETEX", key};
      add_expiry(words, command.expiry);
      return words;
    }
    case Verb::append:
      return {"APPEND", key, std::string(command.value)};
    case Verb::strlen:
      return {"STRLEN", key};
    case Verb::getrange:
      return {"GETRANGE", key, number(command.number), number(command.count)};
    case Verb::setrange:
      return {"SETRANGE", key, number(command.number), std::string(command.value)};
    case Verb::increment:
      return {"INCRBY", key, number(command.number)};
    case Verb::increment_float:
      return {"INCRBYFLOAT", key, std::string(command.value)};
    case Verb::rename:
      return {command.integer_reply ? "RENAMENX" : "RENAME", key, std::string(command.value)};
    case Verb::del:
      return with_more("DEL", command, true);
    case Verb::exists:
      return with_more("EXISTS", command, true);
    case Verb::mget:
      return with_more("MGET", command, true);
    case Verb::mset:
      return with_more("MSET", command, false);
    case Verb::msetnx:
      return with_more("MSETNX", command, false);
    case Verb::watch:
      return with_more("WATCH", command, true);
    case Verb::type:
      return {"TYPE", key};
    case Verb::expire:
      return expire(command);
    case Verb::persist:
      return {"PERSIST", key};
    case Verb::ttl:
      return {ttl_name(command.query), key};
    case Verb::keys:
      return {"KEYS", key};
    case Verb::scan:
      return scan(command);
    case Verb::dbsize:
      return {"DBSIZE"};
    case Verb::flush:
      return {"FLUSHDB"};
    case Verb::unwatch:
      return {"UNWATCH"};
    case Verb::multi:
      return {"MULTI"};
    case Verb::exec:
      return {"EXEC"};
    case Verb::discard:
      return {"DISCARD"};
    default:
      return encode_script(command);
  }
}

}  // namespace heddle::kv
