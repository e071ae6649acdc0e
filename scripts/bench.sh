# shellcheck shell=bash
# Benchmarks: our own, and beside the peers.

micro_benchmarks() {
  local program
  mkdir -p "$ROOT/out/bench"
  for program in "$ROOT"/build/release/bin/*_bench; do
    [[ -x $program ]] || fail "build/release/bin holds no benchmark"
    say "$(basename "$program")"
    "$program" --benchmark_out="$ROOT/out/bench/$(basename "$program").json" "$@"
  done
  say "the figures are in out/bench"
}

# The peers' packages in an environment of their own. It counts as made only once its stamp, the
# requirements it was made from, is there.
make_peers() {
  local folder=$1 requirements=$2
  rm -f "$folder/requirements.txt" &&
    python3 -m venv --clear "$folder" &&
    "$folder/bin/python" -m pip install --progress-bar off -r "$requirements" &&
    cp "$requirements" "$folder/requirements.txt.new" &&
    mv "$folder/requirements.txt.new" "$folder/requirements.txt"
}

peer_benchmarks() {
  local folder="$HEADLENS_CACHE/peers" requirements="$ROOT/tools/requirements-peers.txt"
  if ! cmp -s "$requirements" "$folder/requirements.txt"; then
    mkdir -p "$HEADLENS_CACHE"
    quietly "installing the peers from PyPI into $folder (large: PyTorch)" peers \
      make_peers "$folder" "$requirements"
  fi
  say "measuring headlens and its peers in turn"
  cd "$ROOT" || return
  "$folder/bin/python" benchmarks/peers/compare.py --ours build/release/bin/headlens-bench-worker \
    --out out/bench "$@"
}

# run_bench [--peers] [ARGUMENT...]
run_bench() {
  build_release
  fetch_models
  if [[ ${1:-} == --peers ]]; then
    shift
    peer_benchmarks "$@"
  else
    micro_benchmarks "$@"
  fi
}
