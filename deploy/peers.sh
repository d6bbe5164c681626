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

[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "not here:$missing (tests that need them are skipped; with CI set they fail)" >&2
  exit 0
fi
for try in 1 2 3; do
  # shellcheck disable=SC2086 # a list of names
  if apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; then
    exit 0
  fi
  echo "try $try of 3 did not get:$missing" >&2
  sleep 5
done
echo "cannot install:$missing" >&2
exit 1
