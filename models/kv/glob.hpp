// Redis's patterns, as KEYS and SCAN MATCH understand them: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, and `\` before a
// character that is meant literally. They are matched against bytes, to the end of the key.
#pragma once

#include <string_view>

namespace heddle::kv {

/// Whether `key` matches `pattern`. Odd patterns mean what they mean to Redis: a class without its `]` ends with the
/// pattern, a range may be written backwards, and a `\` at the end is a backslash.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view key) noexcept;

}  // namespace heddle::kv
