# shellcheck shell=bash
# What the front door says, and how it follows a long command.

# The part of a minute or two that has passed, as m:ss.
elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

say() { printf '[%s] %s\n' "$(elapsed)" "$*"; }

complain() { printf 'run: %s\n' "$*" >&2; }

fail() {
  complain "$*"
  exit 1
}

stop_on_request() {
  trap - INT TERM
  if [[ -t 1 ]]; then echo; fi
  complain "stopped on request after $(elapsed); run the same command again to go on"
  exit 130
}

# Copies standard input to a log, and shows that it moves: ninja's [done/total], the crate that cargo
# compiles or the package that apt-get unpacks, else the seconds. On a terminal in one line that is rewritten, elsewhere in a line every half minute.
follow() {
  local label=$1 log=$2 line state='' began=$SECONDS next=$((SECONDS + 30)) status
  while true; do
    status=0
    IFS= read -r -t 2 line || status=$?
    if ((status == 0)); then
      printf '%s\n' "$line"
      if [[ $line =~ ^\[([0-9]+/[0-9]+)\] || $line =~ ^\ *((Compiling|Unpacking|Setting up)\ [^ ]+) ]]; then
        state=" ${BASH_REMATCH[1]}"
      fi
    elif ((status > 128)); then
      printf '%s' "$line"
    else
      printf '%s' "$line"
      break
    fi >>"$log"
    if [[ -t 1 ]]; then
      printf '\r\e[K[%s] %s%s' "$(elapsed)" "$label" "$state"
    elif ((SECONDS >= next)); then
      say "  $label:${state:+$state,} $((SECONDS - began)) s so far"
      next=$((SECONDS + 30))
    fi
  done
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
}

# The end of a log, or from its first failed build step on.
show_failure() {
  local log=$1
  if grep -q '^FAILED: ' "$log"; then
    sed -n '/^FAILED: /,$p' "$log" | head -n 60 >&2
  else
    tail -n 40 "$log" >&2
  fi
}

# quietly LABEL LOG COMMAND...: runs the command with its output in build/logs/LOG.log and its progress
# on the console. A failure shows the end of the log and ends the front door.
quietly() {
  local label=$1 log="$LOGS/$2.log" began=$SECONDS
  shift 2
  mkdir -p "$LOGS"
  : >"$log"
  if [[ ! -t 1 ]]; then say "$label"; fi
  if ! "$@" </dev/null 2>&1 | follow "$label" "$log"; then
    show_failure "$log"
    fail "$label failed; the whole log is ${log#"$ROOT"/}"
  fi
  if [[ -t 1 ]] || ((SECONDS - began > 1)); then say "$label: done in $((SECONDS - began)) s"; fi
}
