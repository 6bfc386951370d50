// Where the functions of a file begin and end, found by matching braces: a `{` opens a function if what stands before
// it, since the last `;`, `{` or `}`, has a parameter list and is no control statement, type, namespace or initializer.
// Lambdas count as part of the function that they stand in.
#pragma once

#include <vector>

#include "tests/style/source_file.hpp"

namespace heddle::style {

struct FunctionExtent {
  std::size_t first_line = 0;  // from 1, where the signature begins
  std::size_t last_line = 0;   // of the closing brace
};

std::vector<FunctionExtent> functions_in(const SourceFile& file);

}  // namespace heddle::style
