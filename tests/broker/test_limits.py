# SPDX-License-Identifier: MIT
"""What a broker refuses, and what it sorts out: sizes, compaction, repeats inside the producer, rights, passwords."""
import collections
import threading
import time

import confluent_kafka.admin

import harness
import load
from harness import comment_webhook, post_comment, wait_for


def alter(cluster, topic, settings):
    """Changes the topic's settings and waits until a broker tells of them, which is a moment later."""
    cluster.tool("configs", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", settings)
    wanted = dict(pair.split("=") for pair in settings.split(","))
    admin = confluent_kafka.admin.AdminClient(cluster.client())
    resource = confluent_kafka.admin.ConfigResource("topic", topic)

    def told():
        found = admin.describe_configs([resource])[resource].result(15 * harness.SLOW)
        return all(found[name].value == value for name, value in wanted.items())
    wait_for(told, 20, f"{settings} of {topic}")


def test_message_too_large_for_the_topic(make_bridge, plain):
    bridge = make_bridge(plain, bridge={"roles": "inbound"}).start(outbound=False)
    alter(plain, bridge.topics["events"], "max.message.bytes=2000")
    status, _, problem = bridge.webhook(comment_webhook(1, 1, "x" * 3000))
    assert status == 413 and "Kafka" in problem["detail"]
    assert bridge.webhook(comment_webhook(1, 2))[0] == 200
    assert len(plain.read_all(bridge.topics["events"])) == 1


def test_outcomes_too_large_for_their_topics(make_bridge, plain, sandbox):
    """The command ends all the same, with as much of its outcome as Kafka takes."""
    bridge = make_bridge(plain, sandbox).start()
    alter(plain, bridge.topics["results"], "max.message.bytes=1200")
    alter(plain, bridge.topics["dlq"], "max.message.bytes=1200")
    sandbox.faults({"room": "1", "status": 200, "body": '{"results":{"x":"%s"}}' % ("x" * 3000)},
                   {"room": "2", "status": 400, "body": '{"error":{"message":"no","x":"%s"}}' % ("x" * 3000)})
    bridge.commands([post_comment(1, "short", id="a"), post_comment(2, "y" * 2500, id="b"),
                     (post_comment(2, "z", id="c"), b"k" * 2000, [("h", b"h" * 2000)])])
    by_id = {r.json()["id"]: r for r in bridge.results(3, 30)}
    assert {id: r.json()["status"] for id, r in by_id.items()} == {"a": "succeeded", "b": "rejected", "c": "rejected"}
    assert "results" not in by_id["a"].json() and "left out" in by_id["a"].json()["reason"]
    assert by_id["b"].json()["reason"].startswith("HTTP 400: no; ") and by_id["c"].key is None
    letters = {r.headers["dlq_command_id"]: r for r in bridge.dead_letters()}
    assert letters["b"].value is None and letters["b"].headers["dlq_value"] == "omitted" and letters["b"].key == b"2"
    assert letters["c"].key is None and letters["c"].headers["dlq_source"].startswith(bridge.topics["commands"])
    wait_for(lambda: plain.committed(bridge.group, bridge.topics["commands"]) == 3, 20, "all committed")


def test_compacted_topic(make_bridge, plain):
    """What has no key cannot be in one: that is our side's trouble, so 503, and `topics check` says what is wrong."""
    bridge = make_bridge(plain, bridge={"roles": "inbound"}).start(outbound=False)
    alter(plain, bridge.topics["events"], "cleanup.policy=compact")
    assert bridge.webhook(comment_webhook(1, 1))[0] == 200
    assert bridge.webhook(b'{"type":"no_room"}')[0] == 503
    assert bridge.webhook(comment_webhook(1, 2))[0] == 200


def test_repeats_inside_the_producer_are_sorted_out(make_bridge, plain):
    """A broker that answers late: the producer sends again, and each record is there once."""
    bridge = make_bridge(plain, bridge={"roles": "inbound"}, inbound={"ack.timeout": "60s"},
                         **{"kafka.producer": {"socket.timeout.ms": "1000", "request.timeout.ms": "1000"}})
    bridge.start(outbound=False)
    bodies = [[comment_webhook(c + 1, i + 1) for i in range(400)] for c in range(16)]
    progress = []

    def send():
        progress.append(load.lock_step(bridge.address, bodies, until=lambda answers: progress.append(len(answers))))
    thread = threading.Thread(target=send)
    thread.start()
    wait_for(lambda: progress and progress[-1] > 300, 20, "300 answers")
    for _ in range(2):
        with plain.paused():
            until = time.monotonic() + 2.5
            wait_for(lambda until=until: time.monotonic() > until, 10, "longer than socket.timeout.ms")
        seen = progress[-1]
        wait_for(lambda seen=seen: isinstance(progress[-1], list) or progress[-1] > seen + 100, 30, "it goes on")
    thread.join(60 * harness.SLOW)
    answers = progress[-1]
    assert collections.Counter(status for _, status in answers) == {200: 16 * 400}
    assert "timed out" in bridge.program.log() or "timeout" in bridge.program.log().lower(), "requests were repeated"
    values = collections.Counter(r.value for r in plain.read_all(bridge.topics["events"]))
    assert len(values) == 16 * 400 and set(values.values()) == {1}


def acl(cluster, verb, *what):
    cluster.tool("acls", verb, "--allow-principal", "User:chatbridge", "--operation", "All", *what,
                 *(["--force"] if verb == "--remove" else []))


def test_tls_passwords_and_rights(make_bridge, secure, sandbox):
    bridge = make_bridge(secure, sandbox, inbound={"ack.timeout": "2s"})
    # Without any right the producers cannot begin: the process says so and ends, for its supervisor to see.
    bridge.start(outbound=False)
    assert bridge.program.wait(30) == 1
    assert "Cluster authorization failed" in bridge.program.log()
    # Without the right to one topic: what it is asked for is refused for now, and the log says why.
    for name, topic in bridge.topics.items():
        if name != "events":
            acl(secure, "--add", "--topic", topic)
    bridge.start(outbound=False)
    status, headers, _ = bridge.webhook(comment_webhook(1, 1))
    assert status == 503 and headers["Retry-After"]
    bridge.program.wait_log("Topic authorization failed", 20)
    acl(secure, "--add", "--topic", bridge.topics["events"])
    acl(secure, "--add", "--group", bridge.group)
    wait_for(lambda: bridge.webhook(comment_webhook(1, 2))[0] == 200, 60, "rights are heard of")
    bridge.command(post_comment(1, "x", id="c"))
    assert bridge.results(1, 90)[0].json()["status"] == "succeeded"
    # Rights that are taken away, and come back.
    acl(secure, "--remove", "--topic", bridge.topics["events"])
    wait_for(lambda: bridge.webhook(comment_webhook(1, 3))[0] == 503, 60, "refused")
    acl(secure, "--add", "--topic", bridge.topics["events"])
    wait_for(lambda: bridge.webhook(comment_webhook(1, 4))[0] == 200, 60, "taken again")
    assert bridge.stop() == 0


def test_wrong_password(make_bridge, secure, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password 8472")
    bridge = make_bridge(secure, bridge={"roles": "inbound"}, inbound={"ack.timeout": "1s"})
    bridge.set({"kafka": {"sasl.password.file": str(wrong)}})
    bridge.start(outbound=False)
    assert bridge.webhook(comment_webhook(1, 1))[0] == 503
    bridge.program.wait_log("(?i)authentication", 20)
    assert "8472" not in bridge.program.log()
    assert bridge.stop() == 0
