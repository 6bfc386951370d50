#include "models/kv/reply.hpp"

#include <fmt/format.h>

namespace heddle::kv {

std::string to_string(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::nil:
      return "(nil)";
    case Reply::Kind::status:
      return reply.text;
    case Reply::Kind::integer:
      return fmt::format("(integer) {}", reply.number);
    case Reply::Kind::text:
      return '"' + reply.text + '"';
    case Reply::Kind::error:
      return "(error) " + reply.text;
    case Reply::Kind::list:
      break;
  }
  std::string text = "[";
  for (const Reply& element : reply.list) {
    if (text.size() > 1) text += ", ";
    text += to_string(element);
  }
  return text + "]";
}

}  // namespace heddle::kv
