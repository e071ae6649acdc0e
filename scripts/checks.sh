# shellcheck shell=bash
# Format, lint, and the build under sanitizers with its fuzzers.

tracked_sources() { git -C "$ROOT" ls-files -z '*.h' '*.cpp'; }

# format_sources [--check]
format_sources() {
  local clang=(-i) rust=()
  case ${1:-} in
    --check) clang=(--dry-run --Werror) rust=(--check) ;;
    '') ;;
    *) fail "run format takes --check or nothing" ;;
  esac
  need_packages git clang-format-14
  say "clang-format ${1:-}"
  (cd "$ROOT" && tracked_sources | xargs -0 -r -n 32 -P "$(nproc)" clang-format-14 "${clang[@]}")
  if have rustfmt && [[ -f $CARGO_MANIFEST ]]; then
    say "cargo fmt ${1:-}"
    cargo fmt --manifest-path "$CARGO_MANIFEST" -- "${rust[@]}"
  fi
}

tidy_sources() {
  cd "$ROOT" && git ls-files -z 'headlens/*.cpp' 'cli/*.cpp' |
    xargs -0 -r -n 1 -P "$(nproc)" clang-tidy-14 -p build/release --quiet --warnings-as-errors='*'
}

lint_sources() {
  need_packages "${BUILD_PACKAGES[@]}" clang-format-14 clang-tidy-14 shellcheck
  format_sources --check
  say "shellcheck"
  (cd "$ROOT" && shellcheck -x run scripts/*.sh .ci/run tests/front_door/*.sh)
  configure_release
  quietly "clang-tidy (slow: every source file)" clang-tidy tidy_sources
  if [[ -d $ROOT/tests/architecture ]]; then
    compile release architecture_test
    ctest --test-dir "$ROOT/build/release" --output-on-failure --no-tests=error -R '^architecture$'
  fi
  say "lint is clean"
}

# fuzz_one PROGRAM: starts from the repository's corpus, which it does not change.
fuzz_one() {
  local program=$1 name corpus found="$ROOT/build/asan/fuzz"
  name=$(basename "$program")
  corpus="$ROOT/fuzz/corpus/${name%_fuzz}"
  [[ -d $corpus ]] || fail "$name has no corpus: ${corpus#"$ROOT"/} is missing"
  mkdir -p "$found/$name"
  quietly "fuzzing $name for $FUZZ_SECONDS s" "$name" \
    "$program" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$found/$name-" "$found/$name" "$corpus"
}

run_asan() {
  local program
  FUZZ_SECONDS=${HEADLENS_FUZZ_SECONDS:-30}
  [[ $FUZZ_SECONDS =~ ^[1-9][0-9]*$ ]] || fail "HEADLENS_FUZZ_SECONDS is \"$FUZZ_SECONDS\": give whole seconds"
  need_packages "${BUILD_PACKAGES[@]}" chromium clang-14 libclang-rt-14-dev
  configure asan
  compile asan
  fetch_models
  # UBSan goes on after an error unless told otherwise, and a test would pass in spite of it.
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
  say "running the tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  ctest --test-dir "$ROOT/build/asan" --output-on-failure --no-tests=error \
    --parallel "$(nproc)" --timeout 1800 "$@"
  for program in "$ROOT"/build/asan/bin/*_fuzz; do
    [[ -x $program ]] || fail "build/asan/bin holds no fuzz target"
    fuzz_one "$program"
  done
  say "asan is clean"
}
