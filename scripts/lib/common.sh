# What the scripts share. Sourced, not run: it sets `root`, the checkout, and goes there.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit

# No script ends without a word.
set -E
trap 'printf "error: %s stopped in line %s: %s\n" "$0" "$LINENO" "$BASH_COMMAND" >&2' ERR

# Packages come from mirrors, which may be slow or gone for a moment: for uv and for pip.
export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-120} UV_HTTP_RETRIES=${UV_HTTP_RETRIES:-8}
export PIP_DEFAULT_TIMEOUT=${PIP_DEFAULT_TIMEOUT:-60} PIP_RETRIES=${PIP_RETRIES:-8}

# One short line on what is being done.
say() { printf '── %s\n' "$*" >&2; }

# Why it can't go on, then what to do about it.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  if (($#)); then printf '       %s\n' "$@" >&2; fi
  exit 1
}

# The comment at the top of the script, which tells how to use it.
usage() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//p}' "$0"; }

is_root() { [[ $(id -u) == 0 ]]; }

# Makes sure that Debian packages are there: `need_packages WHY PACKAGE...`. Installs them as root, otherwise tells how.
need_packages() {
  local why=$1
  shift
  if ! command -v apt-get >/dev/null; then
    fail "$why needs programs that this system lacks" \
      "On Debian they are in: $*. Install their like with this system's package manager and run this again."
  fi
  if ! is_root; then
    fail "$why needs Debian packages, and only root may install them" "Run: sudo apt-get install $*" "Then run this again."
  fi
  say "installing $* ($why)"
  local log options
  log=$(mktemp)
  # A mirror may be slow or be gone for a moment, and the system may be installing something by itself.
  options=(-o Acquire::Retries=5 -o Acquire::http::Timeout=60 -o Acquire::https::Timeout=60 -o DPkg::Lock::Timeout=300)
  # An index of packages may be missing or old: only when the first try fails is it worth the wait.
  if ! DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null; then
    if ! { apt-get "${options[@]}" update \
      && DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends "$@"; } \
      >"$log" 2>&1 </dev/null; then
      tail -n 15 "$log" >&2
      rm -f "$log"
      fail "apt-get could not install: $*" "See its last lines above. Try: apt-get update && apt-get install $*"
    fi
  fi
  rm -f "$log"
}

# The browser of the browser tests, if there is one.
find_chromium() {
  local name
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name"; then return; fi
  done
  return 1
}
