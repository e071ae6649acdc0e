# shellcheck shell=bash
# Format, lint, and the build under sanitizers with its fuzz targets.

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

lint_sources() {
  need_packages "${BUILD_PACKAGES[@]}" clang-format-14 clang-tidy-14 shellcheck
  format_sources --check
  say "shellcheck"
  (cd "$ROOT" && shellcheck -x run scripts/*.sh .ci/run tests/front_door/*.sh)
  configure dev
  quietly "clang-tidy (slow: every source file)" clang-tidy \
    run-clang-tidy-14 -quiet -extra-arg=-Wno-unknown-warning-option -p "$ROOT/build/dev" -j "$(nproc)" "^$ROOT/(headlens|cli)/"
  quietly "which room includes which" architecture \
    ctest --test-dir "$ROOT/build/dev" --output-on-failure --no-tests=error -R '^architecture'
  say "lint is clean"
}

# Every test and, among them, every fuzz target for a bounded time.
run_asan() {
  local seconds=${HEADLENS_FUZZ_SECONDS:-30}
  [[ $seconds =~ ^[1-9][0-9]*$ ]] ||
    fail "HEADLENS_FUZZ_SECONDS is \"$seconds\": give whole seconds, at least 1"
  need_packages "${BUILD_PACKAGES[@]}" chromium clang-14 libclang-rt-14-dev
  configure asan -DHEADLENS_FUZZ_SECONDS="$seconds"
  compile asan
  fetch_models
  # UBSan goes on after an error unless told otherwise, and a test would pass in spite of it.
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
  # Tests ask for more memory than there is and expect an error. Fontconfig keeps its caches until
  # the process ends.
  export ASAN_OPTIONS="allocator_may_return_null=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
  export LSAN_OPTIONS="suppressions=$ROOT/tests/leak_suppressions.txt:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"
  say "running the tests and the fuzz targets under AddressSanitizer and UndefinedBehaviorSanitizer"
  ctest --test-dir "$ROOT/build/asan" --output-on-failure --no-tests=error \
    --parallel "$(nproc)" --timeout $((seconds + 1800)) "$@"
}
