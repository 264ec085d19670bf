#!/usr/bin/env bash
# check_system.sh PYTHON: are the system packages there that `pip install .` cannot bring?
# A bare Debian python3 has neither venv nor headers. As root they are installed; for anybody else
# the command to run is printed.
set -euo pipefail

python=${1:-python3}
packages=()

if ! command -v "$python" >/dev/null; then
  packages+=(python3 python3-venv python3-dev)
else
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "multispin needs Python 3.10 or later; $python is $("$python" -V 2>&1)." >&2
    echo "Choose another one with: make PYTHON=python3.12 ..." >&2
    exit 1
  fi
  "$python" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
  "$python" - <<'PY' || packages+=(python3-dev)
import pathlib, sys, sysconfig
sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").is_file())
PY
fi
command -v "${CXX:-g++}" >/dev/null || packages+=(g++)

[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing the system packages that are missing: ${packages[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" \
    >/dev/null
else
  echo "System packages are missing. On Debian or Ubuntu run:" >&2
  echo "  sudo apt-get install ${packages[*]}" >&2
  exit 1
fi
