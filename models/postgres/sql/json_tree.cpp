#include "models/postgres/sql/json_tree.hpp"

#include <algorithm>
#include <map>

namespace heddle::pg::tree {

Node open(const Json& wrapped) {
  if (!wrapped.is_object() || wrapped.empty()) unsupported("an empty node", -1);
  const auto entry = wrapped.begin();
  return {entry.key(), entry.value()};
}

const Json* find(const Json& fields, const char* key) {
  const auto entry = fields.find(key);
  return entry == fields.end() ? nullptr : &*entry;
}

std::string text(const Json& fields, const char* key) {
  const Json* value = find(fields, key);
  return value == nullptr ? std::string() : value->get<std::string>();
}

std::int64_t number(const Json& fields, const char* key, std::int64_t otherwise) {
  const Json* value = find(fields, key);
  return value == nullptr ? otherwise : value->get<std::int64_t>();
}

bool flag(const Json& fields, const char* key) {
  const Json* value = find(fields, key);
  return value != nullptr && value->get<bool>();
}

bool equals(const Json& fields, const char* key, std::string_view value) {
  const Json* found = find(fields, key);
  return found != nullptr && found->get_ref<const std::string&>() == value;
}

int location(const Json& fields) {
  if (fields.is_object()) {
    const Json* own = find(fields, "location");
    if (own != nullptr && own->get<int>() >= 0) return own->get<int>();
  }
  if (!fields.is_structured()) return -1;
  int first = -1;
  for (const auto& child : fields) {
    const int below = location(child);
    if (below >= 0 && (first < 0 || below < first)) first = below;
  }
  return first;
}

std::string string_of(const Json& wrapped) {
  const Node node = open(wrapped);
  if (node.type != "String") unsupported(std::string(node.type), location(node.fields));
  return text(node.fields, "sval");
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const auto& item : list) result.push_back(string_of(item));
  return result;
}

void unsupported(const std::string& construct, int location) {
  throw SqlError(sqlstate::feature_not_supported, construct + " is not supported by the model",
                 location < 0 ? 0 : static_cast<std::size_t>(location) + 1);
}

namespace {

/// The SQL spelling of the fields that people are likely to meet.
std::string construct_name(const Node& node, const std::string& field) {
  static const std::map<std::string, std::string, std::less<>> names = {{"withClause", "WITH"},
                                                                        {"windowClause", "WINDOW"},
                                                                        {"over", "a window function (OVER)"},
                                                                        {"agg_filter", "FILTER"},
                                                                        {"agg_order", "an ordered aggregate"},
                                                                        {"intoClause", "SELECT INTO"},
                                                                        {"rtindex", "a relation index"},
                                                                        {"catalogname", "a database-qualified name"},
                                                                        {"schemaname", "a schema-qualified name"},
                                                                        {"partspec", "PARTITION BY"},
                                                                        {"partbound", "PARTITION OF"},
                                                                        {"inhRelations", "INHERITS"},
                                                                        {"collClause", "COLLATE"},
                                                                        {"agg_within_group", "WITHIN GROUP"},
                                                                        {"indirection", "a field or array subscript"},
                                                                        {"arrayBounds", "an array type"},
                                                                        {"func_variadic", "VARIADIC"},
                                                                        {"setof", "SETOF"}};
  const auto name = names.find(field);
  return name != names.end() ? name->second : "'" + field + "' of " + std::string(node.type);
}

}  // namespace

void only(const Node& node, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : node.fields.items()) {
    if (key == "location" || std::find(known.begin(), known.end(), key) != known.end()) continue;
    const int below = location(value);
    unsupported(construct_name(node, key), below >= 0 ? below : location(node.fields));
  }
}

}  // namespace heddle::pg::tree
