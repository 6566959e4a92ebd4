# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What all parts of `kafka` stand on: words to the user, progress, waiting, the lock, and where things are.
# Results go to standard output, all else to standard error.

die() { # message, exit status (1)
    progress_end
    printf 'kafka: %s\n' "$1" >&2
    exit "${2:-1}"
}

usage_error() { die "$1; see: kafka ${command:+$command }--help" 2; }

note() { printf '%s\n' "$*" >&2; }

# ---- progress: silent for two seconds, then a line that tells what is waited for, and how long already ----

progress_text=''

now_ms() { # sets now: no process is started for it, since it is asked in loops
    now=$((${EPOCHREALTIME//[!0-9]/} / 1000))
}

progress_start() { # text
    progress_end
    now_ms
    progress_text=$1 progress_since=$now progress_next=$((now + 2000))
}

progress_tick() { # more text
    [[ $progress_text ]] || return 0
    now_ms
    ((now >= progress_next)) || return 0
    local seconds=$(((now - progress_since) / 1000))
    if [[ -t 2 ]]; then
        printf '\r\033[K%s: %d s %s' "$progress_text" "$seconds" "${1:-}" >&2
        progress_next=$((now + 500)) progress_open=1
    else
        printf '%s: %d s %s\n' "$progress_text" "$seconds" "${1:-}" >&2
        progress_next=$((now + 10000))
    fi
}

progress_end() {
    [[ ${progress_open:-} ]] && printf '\r\033[K' >&2
    progress_text='' progress_open=''
}

# Waits for a child process of this shell, which ends with it; its status is returned.
watch_child() { # pid, text, [function that prints more text]
    watched=$1
    progress_start "$2"
    while kill -0 "$1" 2>/dev/null; do
        progress_tick "$(${3:-:})"
        sleep 0.05
    done
    progress_end
    watched=''
    wait "$1"
}

watched=''

at_exit() {
    [[ $watched ]] && kill "$watched" 2>/dev/null
    progress_end
}

interrupted() {
    progress_end
    note "kafka: interrupted; what runs: kafka status${name_option:+ $name_option}"
    exit 130
}

wait_until() { # seconds, command...: polls it; 1 when the time is up
    local seconds=$1 deadline
    shift
    now_ms
    deadline=$((now + seconds * 1000))
    until "$@"; do
        now_ms
        ((now < deadline)) || return 1
        progress_tick
        sleep 0.05
    done
}

# ---- where things are ----

# Sets root (all clusters), cache (what can be made again), cluster_dir.
locate() { # name
    local home=${HOME:-/nonexistent}
    [[ $1 =~ ^[a-z0-9][a-z0-9_-]{0,31}$ ]] || usage_error "bad name '$1': up to 32 of a-z, 0-9, - and _"
    name=$1
    root=${CHATBRIDGE_KAFKA_DIR:-${XDG_STATE_HOME:-$home/.local/state}/chatbridge-kafka}
    cache=${XDG_CACHE_HOME:-$home/.cache}/chatbridge-kafka
    [[ $root == /* && $cache == /* ]] || die "CHATBRIDGE_KAFKA_DIR and XDG_CACHE_HOME must be absolute paths" 2
    [[ ! $root =~ [^[:alnum:]/._+@~-] ]] || die "Kafka's settings cannot name a path with such characters: $root" 2
    cluster_dir=$root/$name
}

# Holds a lock until this script ends. The descriptor is closed in everything that outlives it (see node_start).
lock() { # file, what for
    mkdir -p "${1%/*}"
    exec {lock_fd}>"$1"
    lock_fds+=("$lock_fd")
    flock -n "$lock_fd" && return
    progress_start "waiting for another command that works on $2"
    wait_until 180 flock -n "$lock_fd" || die "another command still works on $2 after 180 s (lock: $1)"
    progress_end
}

lock_fds=()

unlock() {
    exec {lock_fd}>&-
    unset 'lock_fds[-1]'
}
