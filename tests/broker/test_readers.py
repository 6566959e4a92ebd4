# SPDX-License-Identifier: MIT
"""What others see of us: Kafka's own tools, kcat, and a Java producer's idea of where a key belongs."""
import json
import re
import subprocess

import harness
from harness import comment_webhook, post_comment, wait_for


def events_of(make_bridge, cluster, rooms):
    bridge = make_bridge(cluster, bridge={"roles": "inbound"}).start(outbound=False)
    bodies = {str(room): comment_webhook(room, 1000 + i, "grüße") for i, room in enumerate(rooms)}
    for body in bodies.values():
        assert bridge.webhook(body)[0] == 200
    return bridge, bodies


def test_kcat_reads_keys_headers_and_values(make_bridge, plain):
    bridge, bodies = events_of(make_bridge, plain, range(1, 11))
    done = subprocess.run(["kcat", "-C", "-b", plain.bootstrap, "-t", bridge.topics["events"], "-o", "beginning", "-e", "-q",
                           "-f", r"%k\t%h\t%s\n"], capture_output=True, check=True, timeout=60 * harness.SLOW)
    rows = [line.split(b"\t") for line in done.stdout.splitlines()]
    assert {key.decode(): value for key, _, value in rows} == bodies
    for key, headers, _ in rows:
        assert f"ce_subject=rooms/{key.decode()}".encode() in headers and b"ce_origin=client" in headers


def test_javas_consumer_reads_keys_headers_and_values(make_bridge, plain):
    bridge, bodies = events_of(make_bridge, plain, range(1, 11))
    text = plain.tool("console-consumer", "--topic", bridge.topics["events"], "--from-beginning", "--max-messages", "10",
                      "--timeout-ms", "30000", "--property", "print.key=true", "--property", "print.headers=true",
                      "--property", "print.partition=true")
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("Partition:")]
    assert {key: value.encode() for _, _, key, value in rows} == bodies
    assert all(f"ce_partitionkey:{key}" in headers for _, headers, key, _ in rows)


def test_a_keys_partition_is_javas(make_bridge, plain):
    rooms = [*range(1, 60), 9007199254740993, 10**18]
    bridge, bodies = events_of(make_bridge, plain, rooms)
    ours = {r.key: r.partition for r in plain.read(bridge.topics["events"], len(rooms))}
    topic = bridge.topics["results"]  # has as many partitions
    plain.tool("console-producer", "--topic", topic, "--property", "parse.key=true", "--property", "key.separator=:",
               input="".join(f"{room}:x\n" for room in bodies))
    javas = {r.key: r.partition for r in plain.read(topic, len(rooms))}
    assert ours == javas and len(set(ours.values())) > 1


def test_lag_as_kafkas_own_tool_sees_it(make_bridge, plain, sandbox):
    bridge = make_bridge(plain, sandbox).start()
    bridge.commands([post_comment(i, "x", id=f"a-{i}") for i in range(50)])
    bridge.results(50)

    def lag():
        text = plain.tool("consumer-groups", "--describe", "--group", bridge.group)
        rows = re.findall(rf"^{bridge.group}\s+\S+\s+\d+\s+(\S+)\s+(\d+)\s+(\S+)", text, re.M)
        # A partition without a commit is shown as "-": all of it is lag.
        return sum(int(end) if behind == "-" else int(behind) for _, end, behind in rows) if rows else None
    wait_for(lambda: lag() == 0, 60, "no lag when all is done")
    sandbox.faults({"status": 500})
    bridge.commands([post_comment(i, "y", id=f"b-{i}") for i in range(30)])
    wait_for(lambda: sandbox.journal(call="post_comment")[50:], 20, "the first call")
    wait_for(lambda: lag() == 30, 60, "thirty commands behind")
    sandbox.faults()
    bridge.results(80, 60)
    wait_for(lambda: lag() == 0, 60, "no lag")


def test_commit_metadata_near_the_brokers_limit(make_bridge, plain, sandbox):
    """A full window: one command hangs, 16,383 behind it are done; and a restart calls only what hung."""
    bridge = make_bridge(plain, sandbox, bridge={"shutdown.timeout": "2s"}, outbound={"request.timeout": "5m"}).start()
    sandbox.faults({"room": "hangs", "hang": True})
    key = b"one partition"
    total = 16384 + 500
    bridge.commands([(post_comment("hangs", "x", id="c-hangs"), key, None)] +
                    [(post_comment(i % 2000, "x", id=f"c-{i}"), key, None) for i in range(total - 1)])
    wait_for(lambda: len(bridge.broker.read_all(bridge.topics["results"])) >= 16383, 120, "a full window")
    calls = len(sandbox.journal(call="post_comment"))
    assert calls == 16384, "the window's size: the partition paused"
    assert bridge.stop() == 0, "the call that hangs is given up"
    sandbox.faults()
    bridge.start()
    by_id = {r.json()["id"] for r in bridge.results(total, 120)}
    assert len(by_id) == total
    journal = sandbox.journal(call="post_comment")
    assert len(journal) == total + 1, "only what hung was called again"
    assert json.dumps(journal[calls]["params"]["room_id"]) == '"hangs"'


def test_static_membership(make_bridge, plain, sandbox):
    """An instance that comes back under its name soon has its partitions at once, without a rebalance."""
    bridge = make_bridge(plain, sandbox, outbound={"instance": "one"}, **{"kafka.consumer": {"session.timeout.ms": "30000"}})
    bridge.start()
    text = plain.tool("consumer-groups", "--describe", "--group", bridge.group, "--members", "--verbose")
    assert "one" in text.split()
    before = plain.tool("consumer-groups", "--describe", "--group", bridge.group, "--state")
    assert bridge.stop() == 0
    # It did not leave the group: its partitions wait for it.
    assert "Stable" in plain.tool("consumer-groups", "--describe", "--group", bridge.group, "--state"), before
    bridge.start()
    bridge.command(post_comment(1, "x", id="c"))
    assert bridge.results(1)[0].json()["status"] == "succeeded"
