# Joins the complete programs of a page - each ```cpp block with an #include - into one source file: the includes first,
# then each block in a namespace of its own. Blocks without an #include are fragments, and are not compiled.
/^```cpp/ { in_block = 1; body = ""; includes = ""; first = FNR + 1; next }
/^```/ && in_block {
  in_block = 0
  if (includes == "") next
  all_includes = all_includes includes
  ++count
  programs = programs sprintf("namespace heddle_docs_%d {\n%s}  // namespace heddle_docs_%d\n", count, body, count)
  next
}
in_block && /^#include/ { includes = includes $0 "\n"; next }
in_block { body = body sprintf("#line %d \"%s\"\n%s\n", FNR, FILENAME, $0) }
END { printf "%s%s", all_includes, programs }
