# SPDX-License-Identifier: MIT
"""Faults: each rule does what it says, to the requests that it names, as often as it says."""
import http.client
import socket
import time

import pytest

from chat_sandbox import API, SECRET, SLOW, running, wait_for

GONE = (ConnectionResetError, http.client.RemoteDisconnected)


def told(sandbox):
    return [(e["fault"], e["status"], e["effect"]) for e in sandbox.journal()]


def comments(sandbox):
    return sandbox.get("stats")["comments"]


@pytest.fixture
def sandbox():
    with running() as running_sandbox:
        yield running_sandbox


def test_status(sandbox):
    sandbox.faults({"status": 503, "retry_after": "2"})
    answer = sandbox.post()
    assert answer.status == 503 and answer.headers["Retry-After"] == "2"
    assert answer.json == {"error": {"message": "a fault was asked for: status 503",
                                     "detailed_messages": ["a fault was asked for: status 503"]}, "status": 503}
    assert comments(sandbox) == 0 and told(sandbox) == [("status", 503, False)]


def test_status_with_a_date(sandbox):
    sandbox.faults({"status": 429, "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT"})
    assert sandbox.post().headers["Retry-After"] == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_status_with_a_body(sandbox):
    sandbox.faults({"status": 200, "body": "<html>", "content_type": "text/html"})
    answer = sandbox.post()
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"<html>", "text/html")
    assert comments(sandbox) == 0


def test_status_with_effect(sandbox):
    sandbox.faults({"status": 504, "effect": True})
    assert sandbox.post().status == 504
    assert comments(sandbox) == 1 and told(sandbox) == [("status", 504, True)]


@pytest.mark.parametrize("status", [204, 301, 304, 599, 999])
def test_status_of_any_kind(sandbox, status):
    sandbox.faults({"status": status, "times": 1})
    assert sandbox.post().status == status
    assert sandbox.post().status == 200


def linger_read(sandbox):
    """What a peer without a library sees: the bytes that came, and how the connection ended."""
    peer = socket.create_connection(("127.0.0.1", sandbox.port))
    body = "sender_email=ann&room_id=1&message=x"
    peer.sendall(f"POST {API}post_comment HTTP/1.1\r\nHost: x\r\nQISCUS_SDK_SECRET: {SECRET}\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    peer.settimeout(10 * SLOW)
    received = b""
    with peer:
        try:
            while piece := peer.recv(4096):
                received += piece
            return received, "closed"
        except ConnectionResetError:
            return received, "reset"


@pytest.mark.parametrize("action, end, effect", [
    ({"reset": "before"}, "reset", False), ({"reset": "after"}, "reset", True),
    ({"close": "before"}, "closed", False), ({"close": "after"}, "closed", True)])
def test_no_answer(sandbox, action, end, effect):
    sandbox.faults(action)
    assert linger_read(sandbox) == (b"", end)
    (kind, when), = action.items()
    assert told(sandbox) == [(f"{kind}_{when}", None, effect)] and comments(sandbox) == int(effect)
    sandbox.faults()
    assert sandbox.post().status == 200


def test_truncate(sandbox):
    sandbox.faults({"truncate": True})
    received, end = linger_read(sandbox)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int([line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")][0].split()[1])
    assert head.startswith(b"HTTP/1.1 200 ") and body.startswith(b'{"results":') and 0 < len(body) < length and end == "closed"
    with pytest.raises(http.client.IncompleteRead):
        sandbox.post()
    assert comments(sandbox) == 2


def test_hang(sandbox):
    """No answer until the client goes; it does not hold up others, and ends when the rules change."""
    sandbox.faults({"call": "post_comment", "hang": True})
    with pytest.raises(TimeoutError):
        sandbox.post(timeout=0.2)
    assert sandbox.call("load_comments", room_id=1).status == 200
    wait_for(lambda: sandbox.get("stats")["requests_hanging"] == 1, "one that hangs")
    assert comments(sandbox) == 0
    peer = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10 * SLOW)
    peer.request("POST", API + "post_comment", "x=1", {"QISCUS_SDK_SECRET": SECRET})
    wait_for(lambda: sandbox.get("stats")["requests_hanging"] == 2, "two that hang")
    assert sandbox.control("DELETE", "faults").status == 200
    with pytest.raises(GONE):
        peer.getresponse()
    peer.close()
    assert sandbox.get("stats")["requests_hanging"] == 0 and sandbox.post().status == 200


def test_hang_with_effect(sandbox):
    sandbox.faults({"hang": True, "effect": True})
    with pytest.raises(TimeoutError):
        sandbox.post(timeout=0.2)
    wait_for(lambda: comments(sandbox) == 1, "its effect")


def test_latency(sandbox):
    sandbox.faults({"latency_ms": 150})
    began = time.monotonic()
    assert sandbox.post().status == 200
    assert 0.15 <= time.monotonic() - began < 10 * SLOW
    assert told(sandbox) == [("latency", 200, True)]


def test_latency_with_others(sandbox):
    """Latency adds up, and goes with every action."""
    sandbox.faults({"latency_ms": 60}, {"latency_ms": 60, "times": 1, "skip": 1}, {"status": 500, "latency_ms": 60})
    for least in (0.12, 0.18, 0.12):
        began = time.monotonic()
        assert sandbox.post().status == 500
        assert time.monotonic() - began >= least
    sandbox.faults({"reset": "before", "latency_ms": 100})
    began = time.monotonic()
    assert linger_read(sandbox) == (b"", "reset") and time.monotonic() - began >= 0.1


def test_matchers(sandbox):
    """Each matcher keeps a rule from the requests that it does not name."""
    for rule in ({"call": "load_comments"}, {"app": "other"}, {"room": "2"}, {"contains": "bye"}):
        sandbox.faults({**rule, "status": 500})
        assert sandbox.post("hello").status == 200
    for rule in ({"call": "post_comment"}, {"app": "demo"}, {"room": "1"}, {"contains": "ell"},
                 {"call": "post_comment", "app": "demo", "room": "1", "contains": "hello"}):
        sandbox.faults({**rule, "status": 500})
        assert sandbox.post("hello").status == 500
    sandbox.faults({"room": "1", "status": 500})
    json_id = sandbox.send("POST", API + "load_comments", '{"room_id":1}',
                           {"QISCUS_SDK_SECRET": SECRET, "Content-Type": "application/json"})
    assert json_id.status == 500
    assert sandbox.call("load_comments", "GET", room_id=1).status == 500


def test_skip_and_times(sandbox):
    sandbox.faults({"status": 500, "skip": 2, "times": 3})
    assert [sandbox.post().status for _ in range(7)] == [200, 200, 500, 500, 500, 200, 200]
    rule, = sandbox.get("faults")["faults"]
    assert rule == {"status": 500, "skip": 2, "times": 3, "matched": 7, "hits": 3}


def test_rate(sandbox):
    sandbox.faults({"status": 500, "rate": 0.5})
    failed = sum(sandbox.post().status == 500 for _ in range(200))
    assert 50 <= failed <= 150  # further off once in 10^12 runs
    sandbox.faults({"status": 500, "rate": 0})
    assert sandbox.post().status == 200


def test_first_action_decides(sandbox):
    sandbox.faults({"status": 500, "times": 1}, {"status": 503, "times": 1})
    assert [sandbox.post().status for _ in range(3)] == [500, 503, 200]


def test_requests_per_second(sandbox):
    sandbox.faults({"requests_per_second": 5, "retry_after": "1"})
    peer = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10 * SLOW)

    def status():
        peer.request("POST", API + "load_comments", "room_id=1", {"QISCUS_SDK_SECRET": SECRET})
        answer = peer.getresponse()
        answer.read()
        assert answer.status == 200 or answer.headers["Retry-After"] == "1"
        return answer.status
    began = time.monotonic()
    first = [status() for _ in range(20)]
    if time.monotonic() - began < 1:  # else a second window has begun
        assert first == [200] * 5 + [429] * 15
    wait_for(lambda: status() == 200, "the next second")
    peer.close()
    assert any(e["fault"] == "limited" and e["status"] == 429 for e in sandbox.journal())


def test_requests_per_second_of_one_app():
    with running("--app", "a", "--secret", "1", "--app", "b", "--secret", "2", "--auto-create") as sandbox:
        sandbox.faults({"app": "a", "requests_per_second": 1, "status": 420})
        assert 420 in [sandbox.call("load_comments", secret="1", room_id=1).status for _ in range(5)]
        assert [sandbox.call("load_comments", secret="2", room_id=1).status for _ in range(5)] == [200] * 5


def test_refused_requests_too(sandbox):
    """A fault stands before everything else: it hits what would be refused as well."""
    sandbox.faults({"status": 502})
    assert sandbox.call("load_comments", secret="wrong").status == 502
    assert sandbox.call("nothing").status == 502
    assert sandbox.get("stats")["comments"] == 0


@pytest.mark.parametrize("rule, reason", [
    ({"statu": 500}, "statu is not a key of a rule"),
    ({"status": "500"}, "status has to be an integer from 200 to 999"),
    ({"status": 199}, "status has to be an integer from 200 to 999"),
    ({"status": 500, "rate": 2}, "rate has to be a number from 0 to 1"),
    ({"status": 500, "times": -1}, "times has to be an integer from 0"),
    ({"status": 500, "skip": 1.5}, "skip has to be an integer from 0"),
    ({"status": 500, "call": 1}, "call has to be a string"),
    ({"status": 500, "retry_after": "1\r\nX: y"}, "retry_after has to be a string that can be a header's value"),
    ({"status": 500, "content_type": ""}, "content_type has to be a string that can be a header's value"),
    ({"reset": True}, 'reset has to be "before" or "after"'),
    ({"close": "later"}, 'close has to be "before" or "after"'),
    ({"truncate": 1}, "truncate has to be true or false"),
    ({"status": 500, "hang": True}, "status, reset, close, truncate and hang exclude each other"),
    ({"reset": "before", "close": "after"}, "status, reset, close, truncate and hang exclude each other"),
    ({"call": "post_comment"}, "a rule needs an action: latency_ms, status, reset, close, truncate, hang"),
    ({"latency_ms": 600001}, "latency_ms has to be at most 600000"),
    ({"reset": "before", "retry_after": "1"}, "retry_after, body and content_type go with status"),
    ({"reset": "before", "effect": True}, "effect goes with status or hang"),
    (5, "a rule has to be an object"),
])
def test_refused_rules(sandbox, rule, reason):
    sandbox.faults({"status": 500})
    answer = sandbox.control("PUT", "faults", {"faults": [{"latency_ms": 1}, rule]})
    assert answer.status == 400 and answer.json["error"]["message"] == f"faults[1]: {reason}"
    assert len(sandbox.get("faults")["faults"]) == 1, "the old rules stay"


def test_refused_lists(sandbox):
    for wish, reason in (({"fault": []}, "fault is not known here; faults is"), ({}, "faults has to be an array of at most 64 rules"),
                         ({"faults": [{"latency_ms": 1}] * 65}, "faults has to be an array of at most 64 rules")):
        answer = sandbox.control("PUT", "faults", wish)
        assert answer.status == 400 and answer.json["error"]["message"] == reason
