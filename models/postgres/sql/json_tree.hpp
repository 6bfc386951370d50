// Reading libpg_query's JSON parse tree: nodes are objects with one key, the node's type; fields that hold their
// default are left out. Private to the parser.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "models/postgres/sql/ast.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg::tree {

using Json = nlohmann::json;

/// A node without its wrapper: type name and fields.
struct Node {
  std::string_view type;
  const Json& fields;
};

[[nodiscard]] Node open(const Json& wrapped);
[[nodiscard]] const Json* find(const Json& fields, const char* key);
[[nodiscard]] std::string text(const Json& fields, const char* key);
[[nodiscard]] std::int64_t number(const Json& fields, const char* key, std::int64_t otherwise = 0);
[[nodiscard]] bool flag(const Json& fields, const char* key);
[[nodiscard]] bool equals(const Json& fields, const char* key, std::string_view value);
/// The first source location found in `fields` or below, or -1.
[[nodiscard]] int location(const Json& fields);
[[nodiscard]] std::string string_of(const Json& wrapped);
[[nodiscard]] std::vector<std::string> strings(const Json& list);

/// "… is not supported by the model" (0A000), at byte offset `location`.
[[noreturn]] void unsupported(const std::string& construct, int location);
/// Refuses every field that the caller does not read, so that nothing is ignored silently.
void only(const Node& node, std::initializer_list<std::string_view> known);

[[nodiscard]] ast::Expr expression(const Json& wrapped);
[[nodiscard]] ast::TypeName type_name(const Json& fields);
[[nodiscard]] std::vector<ast::Target> targets(const Json& list);
[[nodiscard]] ast::Select select(const Json& fields);
[[nodiscard]] std::vector<ast::FromItem> from_clause(const Json& list);
[[nodiscard]] ast::TableRef table_ref(const Json& fields);
[[nodiscard]] ast::Command command(const Json& wrapped);
/// CREATE, SET, SHOW, BEGIN and their like.
[[nodiscard]] ast::Command utility(const Node& node);

}  // namespace heddle::pg::tree
