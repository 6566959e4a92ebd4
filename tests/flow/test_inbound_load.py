# SPDX-License-Identifier: MIT
"""Many webhooks: what was answered 2xx is in Kafka, byte for byte, each room in order, whatever happens."""
import collections
import contextlib
import http.client
import signal
import threading

import harness
import load
from harness import comment_webhook


def room_of(record):
    return record.json()["payload"]["room"]["id"]


def number_of(record):
    return record.json()["payload"]["message"]["id"]


def assert_all_there(records, answered):
    """Each answered body is there at least once, and each room's first appearances are in order."""
    values = collections.Counter(record.value for record in records)
    missing = [body for body in answered if body not in values]
    assert not missing, f"{len(missing)} of {len(answered)} answered webhooks are lost"
    last = {}
    for record in sorted(records, key=lambda r: (r.partition, r.offset)):
        room, number = room_of(record), number_of(record)
        if values[record.value] > 1:
            continue  # sent again by the test or the producer: it may stand later too
        assert number > last.get(room, 0), f"room {room}: {number} stands behind {last[room]}"
        last[room] = number


def bodies_of(connection, count, size=0):
    """A room a connection, so that lock-step gives the room's order."""
    return [comment_webhook(connection + 1, i + 1, "x" * size) for i in range(count)]


def test_ten_thousand_at_64_connections(inbound):
    bodies = [bodies_of(c, 157, 300) for c in range(64)]
    answers = load.lock_step(inbound.address, bodies)
    assert collections.Counter(status for _, status in answers) == {200: 64 * 157}
    records = inbound.broker.read(inbound.topics["events"], 64 * 157)
    assert sorted(r.value for r in records) == sorted(body for each in bodies for body in each)
    assert_all_there(records, [body for body, _ in answers])
    assert all(record.key == str(room_of(record)).encode() for record in records)


def test_500_connections_in_lock_step(inbound):
    """libmicrohttpd's own epoll thread stalls at exactly 128 ready connections; the bridge's loop must not."""
    bodies = [bodies_of(c, 20) for c in range(500)]
    answers = load.lock_step(inbound.address, bodies)
    assert collections.Counter(status for _, status in answers) == {200: 10000}


def test_connections_max(make_bridge):
    """Above the limit connections wait in the kernel's queue and are served when others end."""
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"connections.max": "8"}).start(outbound=False)
    threads, answers = [], []
    for c in range(32):
        threads.append(threading.Thread(target=lambda c=c: answers.append(
            bridge.webhook(comment_webhook(c, 1), headers={"Content-Type": "application/json", "Connection": "close"}))))
        threads[-1].start()
    for thread in threads:
        thread.join(60 * harness.SLOW)
    assert [status for status, _, _ in answers] == [200] * 32


class Senders:
    """Webhooks from a thread, while the test does something to the bridge."""

    def __init__(self, bridge, connections=16, count=2000):
        self.answers = []
        self.enough = False
        bodies = [bodies_of(c, count) for c in range(connections)]

        def run():
            self.answers = load.lock_step(bridge.address, bodies, until=self.watch)
        self.count = 0
        self.thread = threading.Thread(target=run)
        self.thread.start()

    def watch(self, answers):
        self.count = len(answers)
        return self.enough

    def join(self):
        self.thread.join(90 * harness.SLOW)
        assert not self.thread.is_alive()
        return self.answers


def test_stop_under_load(inbound):
    senders = Senders(inbound)
    harness.wait_for(lambda: senders.count > 500, 20, "500 answers")
    assert inbound.stop() == 0
    answers = senders.join()
    accepted = [body for body, status in answers if status == 200]
    assert len(accepted) > 500
    assert {status for _, status in answers} <= {200, 503, None}
    assert_all_there(inbound.broker.read_all(inbound.topics["events"]), accepted)


def test_kill_9_under_load(inbound):
    senders = Senders(inbound)
    harness.wait_for(lambda: senders.count > 500, 20, "500 answers")
    inbound.kill()
    accepted = [body for body, status in senders.join() if status == 200]
    assert len(accepted) > 500
    assert_all_there(inbound.broker.read_all(inbound.topics["events"]), accepted)


def test_second_signal_ends_at_once(make_bridge, broker):
    """With Kafka away a stop waits for what is under way; a second signal does not."""
    bridge = make_bridge(bridge={"roles": "inbound", "shutdown.timeout": "60s", "log.level": "debug"},
                         inbound={"ack.timeout": "60s"}).start(outbound=False)

    def send():
        with contextlib.suppress(OSError, http.client.HTTPException):
            bridge.webhook(comment_webhook(1, 1))
    with broker.paused():
        waiting = threading.Thread(target=send)
        waiting.start()
        bridge.program.wait_log("to=publishing")
        bridge.program.signal(signal.SIGTERM)
        bridge.program.wait_log("inbound: stopping")
        bridge.program.signal(signal.SIGTERM)
        assert bridge.program.wait(20) == 1
    waiting.join(30 * harness.SLOW)


def test_broker_pauses_under_load(make_bridge, broker):
    """A broker that stops answering for a while: 200 for what is there, 503 for the rest, nothing lost."""
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"ack.timeout": "500ms"}).start(outbound=False)
    senders = Senders(bridge, count=300)
    harness.wait_for(lambda: senders.count > 200, 20, "200 answers")
    with broker.paused():
        harness.wait_for(lambda: "not delivered" in bridge.program.log() or "status=503" in bridge.program.log(), 20,
                         "a webhook is answered 503")
    answers = senders.join()
    counts = collections.Counter(status for _, status in answers)
    assert set(counts) == {200, 503} and sum(counts.values()) == 16 * 300, counts
    accepted = [body for body, status in answers if status == 200]
    records = broker.read_all(bridge.topics["events"])
    values = {record.value for record in records}
    assert all(body in values for body in accepted)
