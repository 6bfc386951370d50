# Joins C++ sources into one, in which each keeps an unnamed namespace of its own: an inline one, named after the file,
# within the common one. So two files may use the same name for different things, as they may when compiled apart.
# A diagnostic names the line of the source.
FNR == 1 {
  flush_short()
  path = FILENAME
  name = substr(path, length(root) + 1)
  gsub(/[^A-Za-z0-9]/, "_", name)
  printf "#line 1 \"%s\"\n", path
}
/^namespace \{$/ {
  print "namespace { inline namespace in_" name " {"
  depth = 1
  since = 0
  next
}
depth && (/^}  \/\/ namespace$/ || (/^}$/ && since < 2)) {  # a namespace of one line is closed without a comment
  print "}}"
  depth = 0
  next
}
{ ++since; print }
function flush_short() {
  if (depth) { printf "#error \"%s: an unnamed namespace is not closed by `}  // namespace`\"\n", path; depth = 0 }
}
END { flush_short() }
