# shellcheck shell=bash
# The main job on the default models.

DEMO_PROMPT="The cat sat on the mat because it was comfortable"

# show COMMAND...: prints the command as a user would type it, then runs it.
show() {
  local shown
  printf -v shown ' %q' "$@"
  say "${shown# }"
  "$@"
}

run_demo() {
  need_packages "${BUILD_PACKAGES[@]}"
  build_release bin/headlens
  fetch_models
  cd "$ROOT" || return
  show build/release/bin/headlens report "$DEMO_PROMPT" --model smollm2-135m --out out/demo
  show build/release/bin/headlens attention "$DEMO_PROMPT" --model minilm-l6 --out out/demo-minilm
  say "open $ROOT/out/demo/index.html in a browser"
}
