# shellcheck shell=bash
# What the build, the tests and the checks need from Debian, and how it is installed where missing.

# shellcheck disable=SC2034
BUILD_PACKAGES=(
  build-essential g++ cmake ninja-build pkg-config git ccache mold
  python3 python3-venv python3-pip unzip ca-certificates
  libhwy-dev libcairo2-dev libpango1.0-dev nlohmann-json3-dev libcli11-dev libfmt-dev
  libcpp-httplib-dev libcurl4-openssl-dev libssl-dev zlib1g-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  fonts-dejavu-core fonts-noto-core fonts-wqy-microhei
  cargo-web rustc-web nodejs npm
)

CARGO_MANIFEST="$ROOT/headlens/tokenizers/ffi/Cargo.toml"

have() { command -v "$1" >/dev/null 2>&1; }

# "1.85.0" is at least "1.82".
version_at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# The oldest Rust that the tokenizers' crate builds with.
wanted_rust() {
  local version=''
  if [[ -f $CARGO_MANIFEST ]]; then
    version=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$CARGO_MANIFEST")
  fi
  echo "${version:-1.85}"
}

rust_version() { cargo --version 2>/dev/null | cut -d ' ' -f 2; }

rust_is_ready() {
  have cargo && have rustc && version_at_least "$(rust_version)" "$(wanted_rust)"
}

# Prints those of the packages named that are not installed. Where only a command matters, it may have
# come from elsewhere.
missing_packages() {
  local installed package
  # shellcheck disable=SC2016
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    case $package in
      cargo-web | rustc-web) rust_is_ready || echo "$package" ;;
      nodejs) have node || echo nodejs ;;
      npm | chromium) have "$package" || echo "$package" ;;
      *) grep -qxF "$package installed" <<<"$installed" || echo "$package" ;;
    esac
  done
}

# Sets AS_ROOT to what runs a command as root: nothing, or sudo.
find_root() {
  AS_ROOT=()
  if ((EUID == 0)); then return; fi
  have sudo || fail "these packages are missing and need root to install: $*" \
    "- run as root: apt-get install --no-install-recommends $*"
  AS_ROOT=(sudo)
  if ! sudo -n true 2>/dev/null; then
    say "sudo is needed to install: $*"
    sudo -v || fail "sudo said no; as root: apt-get install --no-install-recommends $*"
  fi
}

apt_get() {
  local options=(-y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  # In a container, where nothing outlives a crash, dpkg need not wait for the disk: 1 minute, not 5.
  if [[ ! -d /run/systemd/system ]]; then options+=(-o Dpkg::Options::=--force-unsafe-io); fi
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@"
}

# need_packages PACKAGE...: installs what is missing of them. Asks no server if nothing is.
need_packages() {
  if ! have dpkg-query || ! have apt-get; then
    if [[ -z ${WARNED_NO_APT:-} ]]; then
      say "this system has no apt-get: going on with what is installed (docs/install.md lists the parts)"
      WARNED_NO_APT=1
    fi
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return; fi
  find_root "${missing[@]}"
  quietly "apt-get update" apt-update apt_get update
  say "missing: ${missing[*]}"
  quietly "installing from Debian (${#missing[@]} named above)" apt-install \
    apt_get install --no-install-recommends "${missing[@]}"
  hash -r
  if [[ " ${missing[*]} " == *" cargo-web "* ]] && ! rust_is_ready; then
    fail "$(command -v cargo) is Rust $(rust_version), and $(wanted_rust) is needed:" \
      "update it (rustup update) or take it off the PATH"
  fi
}
