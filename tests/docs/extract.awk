# Joins the complete programs of a page - each ```cpp block with an #include - into one source file: the includes first,
# then each block in a namespace of its own. Blocks without an #include are fragments, and are not compiled.
/^```cpp/ { in_block = 1; body = ""; includes = ""; first = FNR + 1; next }
/^```/ && in_block {
  in_block = 0
  if (includes == "") next
  all_includes = all_includes includes
  ++count
  programs = programs "namespace heddle_docs_" page "_" count " {\n" body "}\n"  # sprintf has a limit in mawk
  next
}
in_block && /^#include/ { includes = includes $0 "\n"; next }
in_block { body = body "#line " FNR " \"" FILENAME "\"\n" $0 "\n" }
END { print all_includes programs }
