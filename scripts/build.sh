# shellcheck shell=bash
# Configuring and building a CMake preset.

# A user's own Rust is found even where no login shell has put it on the PATH.
use_own_rust() {
  if ! have cargo && [[ -x $HOME/.cargo/bin/cargo ]]; then PATH="$HOME/.cargo/bin:$PATH"; fi
}

# configure PRESET [CMAKE-ARGUMENT...]
configure() {
  local preset=$1 cache="$ROOT/build/$1/CMakeCache.txt"
  shift
  local arguments=(--preset "$preset" -DHEADLENS_WERROR=ON "$@")
  if [[ -f $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache"; then
    arguments+=(--fresh)
  fi
  quietly "configuring $preset" "configure-$preset" cmake "${arguments[@]}"
}

# compile PRESET [TARGET...]
compile() {
  local preset=$1
  shift
  quietly "building $preset${*:+ ($*)}" "build-$preset" \
    ninja -C "$ROOT/build/$preset" -j "$(nproc)" "$@"
}

configure_release() { configure release; }

build_release() {
  need_packages "${BUILD_PACKAGES[@]}"
  configure_release
  compile release "$@"
}
