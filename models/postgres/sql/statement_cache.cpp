#include "models/postgres/sql/statement_cache.hpp"

#include <memory>
#include <mutex>
#include <shared_mutex>

#include "models/postgres/sql_error.hpp"
#include "models/postgres/text_map.hpp"
#include "sim/core/error.hpp"

namespace heddle::pg {
namespace {

struct Cache {
  // Texts made anew for every execution (with literals instead of parameters) would fill the memory: better to be told.
  static constexpr std::size_t most = 100'000;
  std::shared_mutex mutex;
  TextMap<std::unique_ptr<const ParsedCommand>> statements;
};

Cache& cache() {
  static Cache instance;  // the memory of a pure function
  return instance;
}

}  // namespace

const ParsedCommand& parsed_statement(std::string_view sql) {
  Cache& known = cache();
  {
    const std::shared_lock lock(known.mutex);
    const auto found = known.statements.find(sql);
    if (found != known.statements.end()) return *found->second;
  }
  std::vector<ParsedCommand> commands = parse(sql);
  if (commands.empty())
    throw SqlError(sqlstate::feature_not_supported, "an empty statement is not supported by the model");
  if (commands.size() > 1)
    throw SqlError(sqlstate::syntax_error, "cannot insert multiple commands into a prepared statement");
  const std::unique_lock lock(known.mutex);
  if (known.statements.size() >= Cache::most)
    throw sim::Error(
        sim::ErrorCode::limit,
        "more than 100000 different SQL texts were executed; pass values as parameters ($1) instead of in the text");
  commands.front().text = sql;
  const auto [entry, is_new] =
      known.statements.emplace(std::string(sql), std::make_unique<const ParsedCommand>(std::move(commands.front())));
  return *entry->second;
}

}  // namespace heddle::pg
