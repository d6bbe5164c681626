#!/bin/sh
# What the tests need beside Python, and cannot bring along as a wheel. As root it installs; otherwise it only says what
# is missing. `make test` runs it first.
set -eu

missing=""
need() { # need COMMAND PACKAGE...: the packages, unless the command is there
  command=$1
  shift
  command -v "$command" >/dev/null 2>&1 || missing="$missing $*"
}

need chromium chromium fonts-lao fonts-noto-core
need bearerbox kannel kannel-extras # a gateway, and the phones behind it

wished=""
wish() { # wish COMMAND PACKAGE: without it a row of tests/faults does less, and says so
  command -v "$1" >/dev/null 2>&1 || wished="$wished $2"
}

wish iptables iptables # drops packets at random
wish faketime faketime # moves the clock of a real node

if [ -n "$wished" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  # shellcheck disable=SC2086 # a list of names
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wished; } \
    || echo "not here:$wished (rows of tests/faults do less without them)" >&2
fi

packages() { # the SMSC of tests/peers, from its lock
  command -v npm >/dev/null 2>&1 || return 0
  cd "$(dirname "$0")/../tests/peers" || return 1
  [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
  for try in 1 2 3; do
    npm ci --silent --no-audit --no-fund && return 0
    echo "try $try of 3 did not get the packages of tests/peers" >&2
    sleep 5
  done
  echo "the packages of tests/peers are not here (tests that need them are skipped; with CI set they fail)" >&2
}

need npm nodejs npm
need gammu-smsd gammu gammu-smsd # a modem that is a folder

# Archives for the tests of importers and exports: files beside the environment, not packages in it.
archives=.venv/peers
if ! ls "$archives"/pyxform-1.5.0-*.whl "$archives"/dplib_py-1.1.0-*.whl >/dev/null 2>&1; then
  pip="python3 -m pip"
  .venv/bin/python -m pip --version >/dev/null 2>&1 && pip=".venv/bin/python -m pip"
  for try in 1 2 3; do
    $pip download -q --no-deps --only-binary :all: --require-hashes -r deploy/archives.txt -d "$archives" && break
    echo "try $try of 3 did not get the archives of deploy/archives.txt" >&2
    sleep 5
  done
fi

[ -n "$missing" ] || { packages; exit 0; }
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "not here:$missing (tests that need them are skipped; with CI set they fail)" >&2
  exit 0
fi
for try in 1 2 3; do
  # shellcheck disable=SC2086 # a list of names
  if apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; then
    packages
    exit 0
  fi
  echo "try $try of 3 did not get:$missing" >&2
  sleep 5
done
echo "cannot install:$missing" >&2
exit 1
