# SPDX-License-Identifier: MIT
"""dedupe.window: a repeat of what was answered 2xx is answered 200 and not published."""
import collections
import json

import pytest

import harness
import load
from harness import APP, TOKEN, comment_webhook


@pytest.fixture
def start(make_bridge):
    def start(window, **settings):
        inbound = {"dedupe.window": str(window), **settings.pop("inbound", {})}
        return make_bridge(bridge={"roles": "inbound"}, inbound=inbound, **settings).start(outbound=False)
    return start


def status_of(bridge, body, **more):
    status, _, answer = bridge.webhook(body, **more)
    assert status == 200, answer
    return answer["status"]


def events(bridge):
    return [record.headers["ce_id"] for record in bridge.broker.read_all(bridge.topics["events"])]


def test_a_repeat(start):
    bridge = start(100)
    body = comment_webhook(1, 5)
    assert status_of(bridge, body) == "accepted"
    for _ in range(3):
        assert bridge.webhook(body)[0::2] == (200, {"status": "duplicate", "id": f"{APP}:5"})
    assert status_of(bridge, comment_webhook(1, 5, "another text")) == "duplicate"  # the message's id decides
    assert status_of(bridge, comment_webhook(1, 6)) == "accepted"
    assert status_of(bridge, comment_webhook(1, 5, type="message_deleted")) == "accepted"  # another event of it
    assert sorted(events(bridge)) == [f"{APP}:5", f"{APP}:5", f"{APP}:6"]


def test_off_by_default(inbound):
    assert [status_of(inbound, comment_webhook(1, 5)) for _ in range(2)] == ["accepted"] * 2
    assert len(events(inbound)) == 2


def test_by_the_authors_id(start):
    bridge = start(100)

    def body(room, temporary):
        return json.dumps({"type": "post_comment", "payload": {
            "room": {"id": room}, "message": {"id": 0, "unique_temp_id": temporary}}}).encode()
    assert [status_of(bridge, body(1, "t")), status_of(bridge, body(1, "t")), status_of(bridge, body(2, "t")),
            status_of(bridge, body(1, "u"))] == ["accepted", "duplicate", "accepted", "accepted"]


def test_what_has_no_id_is_never_a_repeat(start):
    bridge = start(100)
    for body in (b"{}", b'{"type":"resolved"}', b'{"message":{"id":0}}'):
        assert [status_of(bridge, body) for _ in range(2)] == ["accepted"] * 2
    assert [status_of(bridge, b"not json") for _ in range(2)] == ["rejected"] * 2
    assert len(events(bridge)) == 6


def test_two_apps_never_meet(start):
    bridge = start(100, **{"app:other": {}})
    body = comment_webhook(1, 5)
    assert status_of(bridge, body) == "accepted"
    assert status_of(bridge, body, path="/webhooks/other") == "accepted"
    assert status_of(bridge, body, path="/webhooks/other") == "duplicate"
    assert sorted(events(bridge)) == [f"{APP}:5", "other:5"]


def test_the_window_is_bounded(start):
    bridge = start(3)
    for number in (1, 2, 3):
        assert status_of(bridge, comment_webhook(1, number)) == "accepted"
    assert status_of(bridge, comment_webhook(1, 1)) == "duplicate"
    assert status_of(bridge, comment_webhook(1, 4)) == "accepted"
    assert status_of(bridge, comment_webhook(1, 1)) == "accepted"  # it was the oldest
    assert status_of(bridge, comment_webhook(1, 3)) == "duplicate"


def test_what_was_refused_may_come_again(start, broker):
    """A 503 is no 2xx, even if Kafka takes the event after all."""
    bridge = start(100, inbound={"ack.timeout": "300ms"})
    body = comment_webhook(1, 5)
    with broker.paused():
        assert bridge.webhook(body)[0] == 503
    harness.wait_for(lambda: bridge.webhook(body)[2]["status"] == "accepted", 20, "it is taken")
    assert status_of(bridge, body) == "duplicate"
    assert set(events(bridge)) == {f"{APP}:5"}


def test_a_restart_forgets(start):
    bridge = start(100)
    assert status_of(bridge, comment_webhook(1, 5)) == "accepted"
    assert bridge.stop() == 0
    bridge.start(outbound=False)
    assert status_of(bridge, comment_webhook(1, 5)) == "accepted"


def test_under_load(start):
    """Each body three times over each connection: once published, twice a repeat; and a window that is full all the time."""
    bridge = start(1000)
    bodies = [[comment_webhook(c + 1, (c + 1) * 1000 + i) for i in range(100) for _ in range(3)] for c in range(32)]
    answers = load.lock_step(bridge.address, bodies, path=f"/webhooks/{APP}/{TOKEN}")
    assert collections.Counter(status for _, status in answers) == {200: 32 * 300}
    counts = collections.Counter(events(bridge))
    assert len(counts) == 3200 and set(counts.values()) == {1}
