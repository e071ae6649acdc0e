# shellcheck shell=bash
# The tests of the release build.

run_tests() {
  need_packages "${BUILD_PACKAGES[@]}" chromium
  build_release
  fetch_models
  say "running the tests"
  ctest --test-dir "$ROOT/build/release" --output-on-failure --no-tests=error \
    --parallel "$(nproc)" --timeout 600 "$@"
}
