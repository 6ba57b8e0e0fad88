# Messages, steps with progress, locks. Sourced by ./lab; written for bash 3.2, which macOS ships.

STEP_PID=""

# Everything the launcher says goes to stderr: stdout belongs to the command that runs after it.
say() { printf 'lab: %s\n' "$*" >&2; }

# Ends with exit code 4, "the lab could not do its work". Arguments after the first are further lines.
give_up() {
    printf 'lab: error: %s\n' "$1" >&2
    shift
    while [ $# -gt 0 ]; do
        printf '     %s\n' "$1" >&2
        shift
    done
    exit 4
}

# One line of `lab doctor`: name and value in two columns, the same as the binary's own lines.
doctor_line() { printf '%-18s  %s\n' "$1" "$2"; }

elapsed_text() {
    if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

sha256_of() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

# The counter that ninja, make and swift build write ("[12/345]", "[ 40%]"), as last seen in a log.
progress_in() {
    tail -c 4000 "$1" 2>/dev/null | tr '\r' '\n' | grep -Eo '^\[ *[0-9]+(/[0-9]+|%)\]' | tail -n 1
}

# Ends the step's whole process group: CMake, for one, keeps a signal from the compilers below it. SIGINT comes
# first because swift build answers only that one by ending its compilers, which have groups of their own.
stop_step() {
    local signal tenths_s
    [ -n "$STEP_PID" ] || return 0
    for signal in INT TERM KILL; do
        kill -"$signal" -- "-$STEP_PID" 2>/dev/null
        tenths_s=0
        while kill -0 -- "-$STEP_PID" 2>/dev/null && [ "$tenths_s" -lt 50 ]; do
            sleep 0.1
            tenths_s=$((tenths_s + 1))
        done
    done
    STEP_PID=""
}

interrupted() {
    stop_step
    if [ -t 2 ]; then echo >&2; fi
    exit "$1"
}
trap 'interrupted 130' INT
trap 'interrupted 143' TERM HUP

# step TITLE LOG COMMAND...: runs a command with its output in LOG. Shows elapsed time and the command's own
# counter: on a terminal in one moving line, elsewhere as a plain line every half minute.
step() {
    local title=$1 log=$2
    shift 2
    local began=$SECONDS next_line_s=30 waits=0 status=0 moving="" counter
    if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then moving=yes; else say "$title ..."; fi
    mkdir -p "$(dirname "$log")" || give_up "cannot create the folder of the log $log"
    printf '\n== %s (%s)\n== %s\n' "$title" "$(date -u '+%Y-%m-%d %H:%M:%S UTC')" "$*" >>"$log" ||
        give_up "cannot write the log $log"
    # Job control gives the step a process group of its own.
    set -m
    "$@" >>"$log" 2>&1 </dev/null &
    STEP_PID=$!
    set +m
    while kill -0 "$STEP_PID" 2>/dev/null; do
        if [ "$waits" -lt 10 ]; then sleep 0.1; else sleep 1; fi
        waits=$((waits + 1))
        if [ -n "$moving" ]; then
            printf '\r\033[Klab: %s %s %s' "$title" "$(progress_in "$log")" "$(elapsed_text $((SECONDS - began)))" >&2
        elif [ $((SECONDS - began)) -ge "$next_line_s" ]; then
            counter=$(progress_in "$log")
            say "$title: ${counter:+$counter }$(elapsed_text $((SECONDS - began)))"
            next_line_s=$((next_line_s + 30))
        fi
    done
    wait "$STEP_PID" || status=$?
    STEP_PID=""
    [ -z "$moving" ] || printf '\r\033[K' >&2
    if [ "$status" -eq 0 ]; then
        say "$title: done in $(elapsed_text $((SECONDS - began)))"
    else
        say "$title: failed after $(elapsed_text $((SECONDS - began))), exit status $status. The log's last lines:"
        tail -n 25 "$log" | sed 's/^/    /' >&2
        say "whole log: $log"
    fi
    return "$status"
}

# Takes the lock FILE for the rest of this process, or until unlock. The second comer waits and says for whom.
LOCKED_DIRECTORY=""
lock() {
    local file=$1 purpose=$2 owner said=""
    mkdir -p "$(dirname "$file")" || give_up "cannot create the folder of the lock $file"
    if command -v flock >/dev/null 2>&1; then
        exec 9>>"$file" || give_up "cannot open the lock $file"
        if ! flock -n 9; then
            say "another process is $purpose; waiting for it to end"
            flock 9 || give_up "could not take the lock $file"
        fi
        return 0
    fi
    # Without flock (macOS): a directory, which only one process can create, holding its owner's process id.
    while ! mkdir "$file.d" 2>/dev/null; do
        owner=$(cat "$file.d/owner" 2>/dev/null)
        if [ -z "$owner" ]; then
            sleep 1
            owner=$(cat "$file.d/owner" 2>/dev/null)
        fi
        if [ -z "$owner" ] || ! kill -0 "$owner" 2>/dev/null; then
            # Renamed first, so that of two processes that see a dead owner only one removes its lock.
            mv "$file.d" "$file.stale.$$" 2>/dev/null && rm -rf "$file.stale.$$"
            continue
        fi
        [ -n "$said" ] || say "process $owner is $purpose; waiting for it to end"
        said=yes
        sleep 1
    done
    echo $$ >"$file.d/owner"
    LOCKED_DIRECTORY=$file.d
    trap unlock EXIT
}

unlock() {
    if [ -n "$LOCKED_DIRECTORY" ]; then
        rm -rf "$LOCKED_DIRECTORY"
        LOCKED_DIRECTORY=""
    else
        exec 9>&-
    fi
}
