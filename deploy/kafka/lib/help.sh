# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What `kafka --help` and `kafka COMMAND --help` print.

help_for() { # command or ''
    "help_${1:-all}"
}

help_all() {
    cat <<'END'
usage: kafka COMMAND [--name NAME] ...     a real Apache Kafka on this machine, for trying and testing

  up         start the cluster, or what of it is not running; returns when it takes records
  down       stop it; --purge deletes what is in it
  status     what runs, and what the cluster says about itself
  env        the lines that a client needs: for chatbridge, kcat or Java
  tool       Kafka's own tools: topics, consumer-groups, console-consumer, configs, acls, ...
  logs       a broker's log

  kill       end a broker as a crash would (SIGKILL)
  stop       end a broker in order
  restart    stop a broker if it runs, and start it; returns when its replicas are in sync
  pause      stop a broker's process without ending it (SIGSTOP): it hangs, its connections stay open
  resume     let it go on (SIGCONT)

Every command answers --help. Several clusters run side by side, each with its --name and --port.
Environment: CHATBRIDGE_KAFKA_DIR (where the clusters are), CHATBRIDGE_KAFKA_NAME (instead of --name),
CHATBRIDGE_KAFKA_HEAP (MiB a broker, 256), JAVA_HOME.
Exit status: 0 well, 1 it failed, 2 wrong usage, or the cluster is another than was asked for.
END
}

help_up() {
    cat <<'END'
usage: kafka up [option...]

  --brokers 1|3             3: replication factor 3, two must be in sync (default 1)
  --port P                  brokers at P, P+1, P+2; their controllers at P+3, P+4, P+5 (default 19092)
  --version 4.3|3.9         the release line (default 4.3)
  --tls, --no-tls           TLS with a CA of the cluster's own
  --sasl scram|plain|none   users admin and chatbridge; ACLs are in force, admin may do everything
  --auto-create, --no-auto-create
                            whether writing to an unknown topic makes it (default no)
  --fresh                   delete what was there and begin anew
  --name NAME               which cluster (default: default)

Starts what is not running, resumes what is paused; does nothing when all runs. An option that is not given is as the
cluster was made; one that differs from that is an error which says so (exit 2), unless --fresh is given.
Only the loopback address is listened on.
END
}

help_down() {
    cat <<'END'
usage: kafka down [--purge] [--name NAME]

Stops all brokers in order, by SIGKILL those that take longer than 15 s. What is in the topics stays for the next `up`;
with --purge all of it is deleted, passwords and certificates too. Well, too, when nothing runs.
END
}

help_status() {
    cat <<'END'
usage: kafka status [--name NAME]

Prints each broker's process (running, paused, stopped; memory) and what the cluster answers. Exit 0 if all brokers run
and it answers, else 1.
END
}

help_env() {
    cat <<'END'
usage: kafka env [--admin] [--ini | --kcat | --java] [--name NAME]

  --ini      the [kafka] section for chatbridge (default)
  --kcat     for kcat -F FILE, and for anything else that takes librdkafka's settings
  --java     for Kafka's tools and other Java clients
  --admin    as the user admin instead of chatbridge
  --file     print the path of a file that holds these lines, instead of the lines
END
}

help_tool() {
    cat <<'END'
usage: kafka tool [--as USER] [--name NAME] TOOL [argument...]

Runs one of Kafka's own tools as admin (or USER: chatbridge), address and settings filled in, all arguments passed on.
`kafka tool TOOL --help` is the tool's own help. For example:

  kafka tool topics --create --topic t --partitions 6
  kafka tool topics --describe
  kafka tool console-consumer --topic t --from-beginning --max-messages 10
  kafka tool consumer-groups --describe --all-groups
  kafka tool acls --add --allow-principal User:chatbridge --operation All --topic '*' --group '*'

The tools:
END
    tool_names
}

help_logs() {
    cat <<'END'
usage: kafka logs [N] [--follow] [--name NAME]

Prints the last 100 lines of broker N's log, or of all brokers' logs; with --follow it goes on until interrupted.
END
}

help_kill() { help_node kill 'Ends broker N by SIGKILL, as a crash would.'; }
help_stop() { help_node stop 'Ends broker N in order: it hands its leaderships over first.'; }
help_restart() { help_node restart 'Stops broker N if it runs, starts it, and waits until its replicas are in sync.'; }
help_pause() { help_node pause 'Sends SIGSTOP to broker N: it hangs, its connections stay open; fenced after 6 s.'; }
help_resume() { help_node resume 'Sends SIGCONT to broker N, which is back in sync some seconds later (see status).'; }

help_node() { # command, what it does
    printf 'usage: kafka %s N [--name NAME]\n\n%s\n' "$1" "$2"
}
