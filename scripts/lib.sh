# Shared by the set-up scripts: where things are, and how a step shows itself.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=${TANDEM_STATE:-$root/.tandem}
stamps=$state/stamps
logs=$state/logs
mkdir -p "$stamps" "$logs"

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE: the person in front of the terminal can put it right.
die() {
    say "$*"
    exit 2
}

# step NAME TITLE REMEDY COMMAND...: run it with its output in a log, and show how long it took or how it failed.
step() {
    local name=$1 title=$2 remedy=$3 log=$logs/setup-$1.log started=$SECONDS
    shift 3
    if [ -t 2 ]; then printf '  ... %s' "$title" >&2; fi
    if "$@" >"$log" 2>&1 </dev/null; then
        if [ -t 2 ]; then printf '\r\033[K' >&2; fi
        printf '  %3d s  %s\n' $((SECONDS - started)) "$title" >&2
    else
        if [ -t 2 ]; then printf '\r\033[K' >&2; fi
        printf '  failed %s\n\n' "$title" >&2
        tail -n 15 "$log" | sed 's/^/    /' >&2
        printf '\n%s\nAll of it: %s\n' "$remedy" "${log#"$root"/}" >&2
        exit 1
    fi
}

# fingerprint PATH...: one hash of the names and contents of files and folders.
fingerprint() {
    (cd "$root" && find "$@" -type f ! -name '*.o' ! -name '*.so' -print0 2>/dev/null \
        | LC_ALL=C sort -z | xargs -0r sha256sum) | sha256sum | cut -d' ' -f1
}

# done_before NAME MARK: whether the step was already done for exactly this state of things.
done_before() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s' "$2" >"$stamps/$1"; }

# with_sanitizers COMMAND...: run it with g++'s sanitizers loaded first, as what was compiled with them needs.
with_sanitizers() {
    local libraries
    libraries="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 LD_PRELOAD=$libraries "$@"
}
