#!/usr/bin/env bash
# What ./run says and does before it builds anything: usage, what it takes for missing, whom it asks
# for root, how it follows a command. Debian's tools are stand-ins that note how they were called.
# The stand-ins' text is expanded where it runs.
# shellcheck disable=SC2016
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
failures=0

expect() {
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
  else
    echo "FAILED: $what"
    failures=$((failures + 1))
  fi
}

# stand_in NAME BODY: a program of that name that comes before the real one.
stand_in() {
  mkdir -p "$WORK/bin"
  printf '#!/bin/bash\n%s\n' "$2" >"$WORK/bin/$1"
  chmod +x "$WORK/bin/$1"
}

# with_parts SCRIPT: runs it in a shell that has the front door's parts and the stand-ins. Leaves what
# it wrote in $WORK/out and its exit status in $status.
with_parts() {
  status=0
  PATH="$WORK/bin:$PATH" bash -c "
    set -euo pipefail
    ROOT='$ROOT'; LOGS='$WORK/logs'; SECONDS=0
    source '$ROOT/scripts/console.sh'; source '$ROOT/scripts/packages.sh'
    $1" >"$WORK/out" 2>&1 || status=$?
}

said() { grep -qF -- "$1" "$WORK/out"; }

test_usage() {
  local status=0
  "$ROOT/run" help >"$WORK/out" 2>&1 || status=$?
  expect "help succeeds" test "$status" -eq 0
  for command in demo test build models bench format lint asan; do
    expect "help names $command" grep -q "^  $command " "$WORK/out"
  done
  status=0
  "$ROOT/run" dmeo >"$WORK/out" 2>"$WORK/err" || status=$?
  expect "an unknown command exits with 2" test "$status" -eq 2
  expect "an unknown command is named in one line" test "$(grep -c dmeo "$WORK/err")" -eq 1
  expect "and nothing more is said" test "$(cat "$WORK/out" "$WORK/err" | wc -l)" -eq 1
}

test_nothing_missing() {
  stand_in dpkg-query 'shift 2; for name in "$@"; do echo "$name installed"; done'
  stand_in apt-get "echo called >>'$WORK/apt'"
  rm -f "$WORK/apt"
  with_parts 'need_packages cmake libfmt-dev'
  expect "nothing missing succeeds" test "$status" -eq 0
  expect "nothing missing asks no server" test ! -e "$WORK/apt"
}

test_something_missing() {
  stand_in dpkg-query 'echo "cmake installed"; echo "libfmt-dev config-files"; exit 1'
  stand_in apt-get "echo \"\$*\" >>'$WORK/apt'"
  stand_in sudo '[[ $1 == -* ]] || exec "$@"'
  rm -f "$WORK/apt"
  with_parts 'need_packages cmake libfmt-dev zlib1g-dev'
  expect "installing succeeds" test "$status" -eq 0
  expect "updates first" grep -q ' update$' <(head -n 1 "$WORK/apt")
  expect "installs just what is missing" \
    grep -q 'install --no-install-recommends libfmt-dev zlib1g-dev$' "$WORK/apt"
}

test_failed_install() {
  stand_in apt-get '[[ $* == *update* ]] || { echo "E: Unable to locate package libfmt-dev"; exit 100; }'
  with_parts 'need_packages cmake libfmt-dev; echo went on'
  expect "a failed install fails" test "$status" -eq 1
  expect "shows the end of the log" said "E: Unable to locate package libfmt-dev"
  expect "names the log" said "apt-install.log"
  expect "does not go on" test "$(grep -c 'went on' "$WORK/out")" -eq 0
}

test_no_root() {
  with_parts 'have() { [[ $1 != sudo ]] && command -v "$1" >/dev/null; }
    (find_root zlib1g-dev)'
  if ((EUID == 0)); then
    expect "root needs no sudo" test "$status" -eq 0
  else
    expect "neither root nor sudo fails" test "$status" -eq 1
    expect "says what to do" said "apt-get install --no-install-recommends zlib1g-dev"
  fi
}

test_old_rust() {
  stand_in cargo 'echo "cargo 1.63.0 (fd9c4297c 2022-07-01)"'
  with_parts 'missing_packages cargo-web rustc-web'
  expect "an old Rust counts as missing" test "$(tr '\n' ' ' <"$WORK/out")" = "cargo-web rustc-web "
  stand_in cargo 'echo "cargo 1.96.0 (30a34c682 2026-05-25)"'
  stand_in rustc ''
  with_parts 'missing_packages cargo-web rustc-web'
  expect "a new Rust from anywhere will do" test ! -s "$WORK/out"
  rm "$WORK/bin/cargo" "$WORK/bin/rustc"
}

test_quietly() {
  with_parts 'quietly "counting" count printf "[1/2] one\n[2/2] two\nend without newline"'
  expect "a quiet command succeeds" test "$status" -eq 0
  expect "its output is in the log" \
    test "$(cat "$WORK/logs/count.log")" = "$(printf '[1/2] one\n[2/2] two\nend without newline')"
  expect "its output is not on the console" test "$(grep -c one "$WORK/out")" -eq 0
  with_parts 'building() { echo "[1/9] fine"; echo "FAILED: x.o"; echo "x.cpp:1: error: no"; return 1; }
    quietly "building" broken building'
  expect "a failing command fails" test "$status" -eq 1
  expect "shows its failed step" said "x.cpp:1: error: no"
  expect "and not what went well" test "$(grep -c 'fine' "$WORK/out")" -eq 0
}

test_usage
test_nothing_missing
test_something_missing
test_failed_install
test_no_root
test_old_rust
test_quietly
if ((failures > 0)); then
  echo "$failures failed"
  exit 1
fi
