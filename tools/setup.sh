#!/bin/sh
# Makes .venv from a hashed lock (`all`, or `rehearsal`: what a rehearsal loads, without the tools of tests) where there is none that fits, and mends one that no longer works. Run from the project's folder.
# One that has everything keeps everything, whichever is asked for. What it was made from is kept in .venv/.complete: the locks, the interpreter, and this folder, which scripts inside name.
# PIP_*, UV_*, SSL_CERT_FILE and proxies are passed on: how a machine reaches its package registry belongs to the machine.
set -eu
unset CDPATH PYTHONHOME PYTHONPATH PYTHONOPTIMIZE PYTHONWARNINGS PYTHONINSPECT PYTHONSTARTUP VIRTUAL_ENV
PYTHON=${PYTHON:-python3}
umask 022

fail() {
  echo "$1" >&2
  exit 1
}

command -v "$PYTHON" >/dev/null || fail "there is no $PYTHON: install Python 3.11 or newer, or name one with make PYTHON=..."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$PYTHON" --version 2>&1) is too old: Python 3.11 or newer is needed; name one with make PYTHON=..."

lock=${1:-all}
if grep -qs 'requirements/all\.txt' .venv/.complete; then
  lock=all
fi

wanted() {
  pwd -P
  "$PYTHON" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])'
  cksum requirements/uv.txt "requirements/$lock.txt"
}

works() {
  [ -f .venv/.complete ] && [ "$(cat .venv/.complete)" = "$(wanted)" ] && .venv/bin/python -E -c 'import typer' 2>/dev/null
}

if works; then
  exit 0
fi
if [ "$lock" = all ] && grep -qs 'requirements/rehearsal\.txt' .venv/.complete; then
  echo "adding to .venv what requirements/all.txt has besides"
elif [ -f .venv/.complete ]; then
  echo "setting up .venv anew: it no longer fits this folder, its Python or the lock"
else
  echo "setting up .venv from requirements/$lock.txt"
fi
rm -f .venv/.complete
# What is there is only kept when it has the same interpreter and knows this folder: then uv changes what differs.
kept=$(.venv/bin/python -E -c 'import sys; print(sys.prefix, "%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
same="$(pwd -P)/.venv $("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
if [ "$kept" != "$same" ] || ! .venv/bin/uv --version >/dev/null 2>&1 || ! head -1 .venv/bin/pip 2>/dev/null | grep -qF "$(pwd -P)/"; then
  rm -rf .venv
  "$PYTHON" -m venv .venv ||
    fail "$PYTHON -m venv failed: install your distribution's venv package (Debian: python3-venv), and make room on the disk"
fi
certificates="behind a company's certificates, set PIP_CERT and SSL_CERT_FILE to its file or UV_SYSTEM_CERTS=1 (UV_NATIVE_TLS=1)"
.venv/bin/python -E -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt ||
  fail "pip could not install uv (its words stand above): check the network and the registry; $certificates"
.venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "requirements/$lock.txt" ||
  fail "uv could not install the lock (its words stand above): check the network, the registry and the disk; $certificates"
wanted >.venv/.complete
