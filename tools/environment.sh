# The Python environment of bin/serve and bin/test: made once in .venv, made again when the lock file changes.
# Sourced by bash with the repository as working directory.

say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }
fail() {
  printf '\033[31m✗ %s\033[0m\n' "$1" >&2
  shift
  printf '  %s\n' "$@" >&2
  exit 1
}
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then
  say() { printf '▸ %s\n' "$*"; }
  fail() { printf '✗ %s\n' "$1" >&2; shift; printf '  %s\n' "$@" >&2; exit 1; }
fi

is_root() { [ "$(id -u)" -eq 0 ]; }

# Install packages of Debian; only root may. $@: package names.
apt_install() {
  say "Installing $* (apt)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# The system's own Python before others: it is there after an upgrade of somebody's pyenv too.
choose_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

make_venv() {
  local python
  if ! python=$(choose_python); then
    is_root && command -v apt-get >/dev/null && apt_install python3 python3-venv
    python=$(choose_python) || fail "Python 3.11 or newer is needed." "Debian: apt-get install python3 python3-venv"
  fi
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    is_root && command -v apt-get >/dev/null && apt_install python3-venv
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
      fail "$python cannot make virtual environments." "Debian: apt-get install python3-venv"
  fi
  say "Making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# What an installation depends on: the lock, the packaging, the packages there are, where it stands.
fingerprint() {
  { cat "$1" setup.py setup.cfg pyproject.toml; ls platform apps connectors; pwd; } | sha256sum | cut -c1-64
}

is_installed() { [ -f ".venv/.installed-$1" ] && [ "$(cat ".venv/.installed-$1")" = "$(fingerprint "$1")" ]; }

# Make .venv hold what a lock file names and the platform itself. $1: the lock; the rest: locks it includes.
install_lock() {
  local lock=$1 started=$SECONDS name
  if is_installed "$lock" && [ -x .venv/bin/python ]; then
    return
  fi
  [ -x .venv/bin/python ] && is_new_enough .venv/bin/python || make_venv
  say "Installing $(grep -c '==' "$lock") packages from $lock (the first time takes a minute)"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes --no-deps -r "$lock"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation --no-index -e .
  for name in "$@"; do
    fingerprint "$name" >".venv/.installed-$name"
  done
  say "Installed in $((SECONDS - started)) s"
}
