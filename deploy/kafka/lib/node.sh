# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The broker processes: starting, finding, signalling and ending them. A pid file holds pid, start time and boot id, and
# a process counts as ours only when all three agree: a pid that the system has given to another is never signalled.

boot_id=$(</proc/sys/kernel/random/boot_id)

# Sets process_state and process_started (ticks since boot) of any pid; 1 if there is none.
process_look() { # pid
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fields <<<"${line##*) }" # the name, in parentheses, may hold anything
    process_state=${fields[0]} process_started=${fields[19]}
}

threads_left() { # pid
    local tasks=("/proc/$1/task"/*)
    ((${#tasks[@]} > 1))
}

# Sets state (running, paused, stopped) and pid.
node_look() { # node
    local started boot
    state=stopped pid=''
    { read -r pid started boot <"$cluster_dir/node-$1/pid"; } 2>/dev/null || return 0
    [[ $pid =~ ^[0-9]+$ && ${boot:-} == "$boot_id" ]] && process_look "$pid" && [[ $process_started == "$started" ]] ||
        return 0
    case $process_state in
        T) state=paused ;;
        # Until its last thread is through, a dying process holds its ports.
        Z | X) ! threads_left "$pid" || state=running ;;
        *) state=running ;;
    esac
}

node_is() { # node, states...
    node_look "$1"
    [[ " ${*:2} " == *" $state "* ]]
}

all_are() { # state, nodes...
    local n wanted=$1
    shift
    for n; do node_is "$n" "$wanted" || return 1; done
}

nodes_that_are() { # states...; sets found
    local n
    found=()
    for n in "${nodes[@]}"; do ! node_is "$n" "$@" || found+=("$n"); done
}

any_running() {
    nodes_that_are running paused
    ((${#found[@]} > 0))
}

node_start() { # node
    local dir=$cluster_dir/node-$1 fd
    jvm_for broker "${CHATBRIDGE_KAFKA_HEAP:-256}"
    mkdir -p "$dir/log"
    (
        # Nothing of this script's may stay open in a process that outlives it, its locks least of all.
        for fd in "${lock_fds[@]}"; do exec {fd}>&-; done
        cd "$dir" || exit
        exec setsid "${jvm[@]}" -XX:+ExitOnOutOfMemoryError "-Dkafka.log.file=$dir/log/server.log" \
            "-Dchatbridge.kafka=$name/$1" -cp "$class_path" kafka.Kafka "$dir/server.properties"
    ) >"$dir/log/console.log" 2>&1 </dev/null &
    process_look $! || die "broker $1 did not start: $(tail -n 1 "$dir/log/console.log")"
    printf '%s %s %s\n' $! "$process_started" "$boot_id" >"$dir/pid"
}

node_signal() { # signal, node
    node_look "$2"
    [[ $state == stopped ]] || kill "-$1" "$pid" 2>/dev/null || true
}

# In order if they manage it in time, else by SIGKILL, which Kafka's log survives as well.
node_stop() { # seconds, nodes...
    local seconds=$1 n
    shift
    (($# > 0)) || return 0
    for n; do
        node_signal TERM "$n"
        node_signal CONT "$n"
    done
    wait_until "$seconds" nodes_done "$@" || true
    node_kill "$@"
    for n; do rm -f "$cluster_dir/node-$n/pid"; done
}

# Whether the nodes have ended, or hang in a farewell for which nobody is left: a broker asks the controllers' majority
# for leave (for minutes), and the last controller waits 5 s for a successor. Once the majority is gone, a node with its
# logs closed (Kafka leaves a mark) need not be waited for, and one without gets 2 s.
nodes_done() { # nodes...
    local n open=''
    ! all_are stopped "$@" || return 0
    any_running || true
    ((2 * ${#found[@]} <= ${#nodes[@]})) || { alone_since=''; return 1; }
    for n; do node_is "$n" stopped || [[ -e $cluster_dir/node-$n/data/.kafka_cleanshutdown ]] || open=yes; done
    [[ $open ]] || return 0
    now_ms
    alone_since=${alone_since:-$now}
    ((now - alone_since > 2000))
}

alone_since=''

node_kill() { # nodes...
    local n
    for n; do node_signal KILL "$n"; done
    wait_until 10 all_are stopped "$@" || die "a broker does not end even by SIGKILL: $*"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

need_ports() { # nodes...
    local n port
    for n; do
        for port in "$(broker_port "$n")" "$(controller_port "$n")"; do
            ! port_taken "$port" || die "port $port, which broker $n needs, is taken by another program (which: \
ss -ltnp 'sport = :$port'); choose others with --port"
        done
    done
}

# Why a broker that should run does not: its last error, where to read on.
node_explain() { # node
    local dir=$cluster_dir/node-$1/log
    note "kafka: broker $1 ended; the end of its log ($dir/server.log):"
    # Errors and the exceptions under them, without the stack traces.
    { grep -hvE ' (INFO|WARN) |^[[:space:]]+at |^$' "$dir/console.log" "$dir/server.log" 2>/dev/null || true; } |
        tail -n 5 >&2
}

# Waits until all the named nodes take records. Fails at once when one of them ends.
nodes_ready() { # seconds, nodes...
    local seconds=$1 n child
    shift
    helper_exec ready 128 ready "$cluster_dir/clients/admin.properties" "$(joined , "$@")" "$seconds" \
        2>"$cluster_dir/ready.log" &
    child=$!
    watched=$child
    progress_start "waiting for $(bootstrap) to take records"
    while kill -0 "$child" 2>/dev/null; do
        for n; do
            node_is "$n" stopped || continue
            progress_end
            node_explain "$n"
            return 1
        done
        progress_tick
        sleep 0.05
    done
    progress_end
    watched=''
    wait "$child" && return
    note "kafka: not ready: $(tail -n 1 "$cluster_dir/ready.log"); logs: kafka logs${name_option:+ $name_option}"
    return 1
}
