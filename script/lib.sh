# shellcheck shell=bash
# Shared by the scripts in this folder; source it, do not run it.

heddle_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
heddle_jobs="${HEDDLE_JOBS:-$(nproc)}"

say() { printf '==> %s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Prints a command as it could be typed, then runs it.
run() {
  printf '+'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}

# sources EXTENSION FOLDER...: the files below these folders of the repository, sorted, one a line.
sources() {
  local extension="$1" folder
  shift
  for folder in "$@"; do
    if [[ -d $heddle_root/$folder ]]; then (cd "$heddle_root" && find "$folder" -name "*.$extension" -not -path '*/build/*'); fi
  done | LC_ALL=C sort
}

# Prints the comment block that a script opens with, as its help.
usage() { sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$0"; }

# ccache is a convenience: used where it is installed, with a cache that can be written even where HOME cannot.
use_ccache() {
  command -v ccache >/dev/null || return 0
  local cache="${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/ccache}"
  if [[ ! -d ${HOME:-} ]] || ! mkdir -p "$cache" 2>/dev/null || [[ ! -w $cache ]]; then
    cache="$heddle_root/build/ccache"
    mkdir -p "$cache"
  fi
  export CCACHE_DIR="$cache" CCACHE_SLOPPINESS=pch_defines,time_macros CMAKE_CXX_COMPILER_LAUNCHER=ccache
}

# configure PRESET: writes build/PRESET. HEDDLE_CMAKE_ARGUMENTS: further arguments, separated by blanks.
configure() {
  use_ccache
  (cd "$heddle_root" && run cmake --preset "$1" ${HEDDLE_CMAKE_ARGUMENTS:-})
}

# build PRESET [TARGET...]
build() {
  local preset="$1" folder="$heddle_root/build/$1" log clashing
  shift
  configure "$preset"
  if [[ $# -gt 0 ]]; then set -- --target "$@"; fi
  log="$(mktemp)"
  if run cmake --build "$folder" --parallel "$heddle_jobs" "$@" | tee "$log"; then
    rm -f "$log"
    return
  fi
  clashing="$(sed -n 's|^FAILED: .*/\([A-Za-z_]*\)_unity/[0-9]*\.cpp\.o.*|\1|p' "$log" | sort -u | paste -sd ';')"
  rm -f "$log"
  if [[ -z $clashing ]]; then return 1; fi
  clashing+="$(sed -n 's/^HEDDLE_SEPARATE:STRING=\(..*\)/;\1/p' "$folder/CMakeCache.txt")"
  say "that failed; once more with each source of $clashing on its own, in case two of them only use the same name"
  run cmake "$folder" "-DHEDDLE_SEPARATE=$clashing"
  run cmake --build "$folder" --parallel "$heddle_jobs" "$@"
}
