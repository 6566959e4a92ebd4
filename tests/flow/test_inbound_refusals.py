# SPDX-License-Identifier: MIT
"""Every refusal, and what a hostile client may send: none of it may crash the bridge, stall it or make it grow."""
import json
import socket
import time

import pytest

import harness
from harness import APP, TOKEN, comment_webhook

JSON = {"Content-Type": "application/json"}
HOOK = f"/webhooks/{APP}/{TOKEN}"


def still_works(bridge):
    status, _, answer = bridge.webhook(comment_webhook(1, 1))
    return status == 200 and answer["status"] == "accepted"


def assert_problem(answer, status, *words):
    got, headers, body = answer
    assert got == status
    assert headers["Content-Type"] == "application/problem+json"
    assert body["status"] == status and body["type"] == "about:blank" and body["title"]
    assert all(word in body["detail"] for word in words), body
    return headers


@pytest.mark.parametrize("path, method, headers, status, word", [
    (f"/webhooks/{APP}", "POST", JSON, 401, "token"),
    (f"/webhooks/{APP}/", "POST", JSON, 401, "token"),
    (f"/webhooks/{APP}/wrong", "POST", JSON, 401, "token"),
    (f"/webhooks/{APP}/{TOKEN}x", "POST", JSON, 401, "token"),
    (f"/webhooks/{APP}/{TOKEN[:-1]}", "POST", JSON, 401, "token"),
    (f"/webhooks/{APP}/{TOKEN}/more", "POST", JSON, 404, "path"),
    (f"/webhooks/{APP}/{TOKEN}/", "POST", JSON, 404, "path"),
    ("/webhooks/nobody", "POST", JSON, 404, "app"),
    (f"/webhooks/nobody/{TOKEN}", "POST", JSON, 404, "app"),
    (f"/webhooks/{'a' * 300}", "POST", JSON, 404, "app"),
    ("/webhooks/", "POST", JSON, 404, "app"),
    ("/webhooks", "POST", JSON, 404, "path"),
    ("/", "POST", JSON, 404, "path"),
    ("/webhooks/..%2f..%2fetc", "POST", JSON, 404, ""),
    (HOOK, "GET", {}, 405, "POST"),
    (HOOK, "PUT", JSON, 405, "POST"),
    (HOOK, "DELETE", {}, 405, "POST"),
    (HOOK, "PATCH", JSON, 405, "POST"),
    (HOOK, "OPTIONS", {}, 405, "POST"),
    (HOOK, "POST", {"Content-Type": "text/plain"}, 415, "JSON"),
    (HOOK, "POST", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "JSON"),
    (HOOK, "POST", {"Content-Type": "application/jsonp"}, 415, "JSON"),
    (HOOK, "POST", {"Content-Type": ""}, 415, "JSON"),
])
def test_refused(inbound, path, method, headers, status, word):
    body = comment_webhook(1, 1) if method not in ("GET", "DELETE", "OPTIONS") else None
    answered = assert_problem(inbound.webhook(body, path, method, headers), status, word)
    assert (answered["Allow"] == "POST") == (status == 405)
    assert (answered["WWW-Authenticate"] is not None) == (status == 401)
    assert inbound.broker.read_all(inbound.topics["events"]) == []


@pytest.mark.parametrize("content_type", [
    None, "application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json", "application/vnd.x+json"])
def test_taken_as_json(inbound, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    status, _, _ = inbound.webhook(comment_webhook(1, 1), headers=headers)
    assert status == 200
    record, = inbound.broker.read(inbound.topics["events"], 1)
    told = None if "cloudevents" in (content_type or "") else content_type  # it is no structured event
    assert record.headers["content-type"] == (told or "application/json")


def test_head_has_no_body(inbound):
    answer = inbound.raw(f"HEAD {HOOK} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ") and body == b""


def test_unusable_refused_where_configured(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"rejected": "refuse"}).start(outbound=False)
    assert_problem(bridge.webhook(b"[]"), 400, "object")
    assert bridge.broker.read_all(bridge.topics["rejected"]) == []
    assert still_works(bridge)


def test_traceparent_is_passed_on_or_begun(inbound):
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for sent in (given, "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "nonsense"):
        inbound.webhook(comment_webhook(1, 1), headers={**JSON, "traceparent": sent})
    got = [r.headers["traceparent"] for r in inbound.broker.read(inbound.topics["events"], 3)]
    assert got[0] == given and given not in got[1:] and len(set(got)) == 3


# ---- size ----


def test_body_at_and_over_the_limit(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"body.max": "4KiB"}).start(outbound=False)

    def body(size):
        return b'{"t":"' + b"x" * (size - 8) + b'"}'
    assert bridge.webhook(body(4096))[0] == 200
    assert_problem(bridge.webhook(body(4097)), 413, "body.max")
    assert_problem(bridge.webhook(body(4097), path="/webhooks/nobody"), 404)
    # Chunked: its length is not announced.
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    head = f"POST {HOOK} HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" \
           "Connection: close\r\n\r\n".encode()
    assert b" 413 " in bridge.raw(head + chunk * 2 + b"0\r\n\r\n").split(b"\r\n")[0]
    # Far above it is cut off, and whether the client still sees the answer is its kernel's matter.
    answer = bridge.raw(head + chunk * 400 + b"0\r\n\r\n")
    assert answer == b"" or b" 413 " in answer.split(b"\r\n")[0]
    assert len(bridge.broker.read_all(bridge.topics["events"])) == 1
    assert still_works(bridge)


def test_record_too_large_for_kafka(make_bridge):
    """A body that body.max lets through and Kafka does not take: sending it again will not help."""
    bridge = make_bridge(
        bridge={"roles": "inbound"}, **{"kafka.producer": {"message.max.bytes": "2000"}}).start(outbound=False)
    assert_problem(bridge.webhook(comment_webhook(1, 1, "x" * 3000)), 413, "Kafka")
    assert still_works(bridge)


def test_headers_too_large(inbound):
    answer = inbound.raw(f"POST {HOOK} HTTP/1.1\r\nHost: b\r\nX: {'x' * 60000}\r\n\r\n".encode())
    assert b" 431 " in answer.split(b"\r\n")[0]
    assert still_works(inbound)


def test_path_too_long(inbound):
    answer = inbound.raw(f"POST /{'x' * 60000} HTTP/1.1\r\nHost: b\r\n\r\n".encode())
    assert answer.split(b"\r\n")[0].split(b" ")[1] in (b"414", b"431")
    assert still_works(inbound)


# ---- time ----


def test_slow_clients(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"request.timeout": "300ms"}).start(outbound=False)
    head = f"POST {HOOK} HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\n".encode()
    with socket.create_connection(bridge.address, timeout=10 * harness.SLOW) as silent, \
            socket.create_connection(bridge.address, timeout=10 * harness.SLOW) as half_headers, \
            socket.create_connection(bridge.address, timeout=10 * harness.SLOW) as half_body:
        half_headers.sendall(head[:20])
        half_body.sendall(head + b"{")
        assert b" 408 " in half_body.recv(4096).split(b"\r\n")[0]
        assert half_body.recv(1) == b""
        assert silent.recv(1) == b"" and half_headers.recv(1) == b""
    assert still_works(bridge)


def test_client_that_goes_away(inbound):
    head = f"POST {HOOK} HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\n".encode()
    before = inbound.program.descriptors()
    for cut in (5, 30, len(head), len(head) + 10):
        for _ in range(50):
            with socket.create_connection(inbound.address) as connection:
                connection.sendall((head + b"x" * 10)[:cut])
    assert still_works(inbound)
    harness.wait_for(lambda: inbound.program.descriptors() <= before + 3, 10, "descriptors are closed")


# ---- HTTP's odd corners ----


def request(body, *headers):
    lines = [f"POST {HOOK} HTTP/1.1", "Host: b", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def statuses(answer):
    return [int(line.split(b" ")[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def test_pipelined(inbound):
    bodies = [comment_webhook(5, i) for i in range(1, 51)]
    data = b"".join(request(body, f"Content-Length: {len(body)}") for body in bodies)
    last = request(bodies[0], f"Content-Length: {len(bodies[0])}", "Connection: close")
    with socket.create_connection(inbound.address, timeout=20 * harness.SLOW) as connection:
        connection.sendall(data + last)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    # The last body's end can be glued to the next head, so statuses are looked for everywhere.
    assert answer.count(b"HTTP/1.1 200 OK") == 51 and answer.count(b'"accepted"') == 51
    records = inbound.broker.read(inbound.topics["events"], 51)
    assert [record.value for record in records] == bodies + bodies[:1], "a room's order"


def test_chunked_is_joined(inbound):
    body = comment_webhook(6, 6)
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[i:i + 1]) for i in range(len(body))) + b"0\r\n\r\n"
    answer = inbound.raw(request(chunks, "Transfer-Encoding: chunked", "Connection: close"))
    assert statuses(answer) == [200]
    record, = inbound.broker.read(inbound.topics["events"], 1)
    assert record.value == body


def test_expect_continue(inbound):
    body = comment_webhook(6, 6)
    with socket.create_connection(inbound.address, timeout=10 * harness.SLOW) as connection:
        connection.sendall(request(b"", f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert statuses(answer) == [200]


def test_expect_continue_refused_before_the_body(inbound):
    head = f"POST /webhooks/{APP}/wrong HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(inbound.address, timeout=10 * harness.SLOW) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("data", [
    b"\x00" * 100,
    b"\xff\xfe\xfd" * 1000,
    b"GET\r\n\r\n",
    b"POST\r\n\r\n\r\n",
    b"POST / HTTP/9.9\r\n\r\n",
    b"\r\n" * 1000,
    b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: b\r\nContent-Length: -1\r\n\r\n{}",
    b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: b\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: b\r\nContent-Length: ten\r\n\r\n{}",
    b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    b"POST " + HOOK.encode() + b" HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n{}",
], ids=range(11))
def test_garbage(inbound, data):
    answer = inbound.raw(data)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert inbound.broker.read_all(inbound.topics["events"]) == []
    assert still_works(inbound)


# ---- Kafka away ----


def test_kafka_away(make_bridge, broker):
    """503 with Retry-After within ack.timeout; afterwards everything works again."""
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"ack.timeout": "1s"}).start(outbound=False)
    assert still_works(bridge)
    with broker.paused():
        started = time.monotonic()
        headers = assert_problem(bridge.webhook(comment_webhook(1, 2)), 503, "again")
        assert int(headers["Retry-After"]) > 0
        assert time.monotonic() - started < 10 * harness.SLOW
    harness.wait_for(lambda: still_works(bridge), 20, "webhooks are accepted again")


def test_bodies_are_not_logged(make_bridge):
    """Not even with the verdict on a record that Kafka did not take in message.timeout.ms."""
    bridge = make_bridge(bridge={"roles": "inbound", "log.level": "debug"}, kafka={"bootstrap.servers": "127.0.0.1:1"},
                         **{"kafka.producer": {"message.timeout.ms": "300"}}).start(outbound=False)
    assert_problem(bridge.webhook(comment_webhook(1, 2, "a private word")), 503, "again")
    assert "timed out" in bridge.program.log() and "private" not in bridge.program.log()


def test_kafka_never_there(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"ack.timeout": "500ms"},
                         kafka={"bootstrap.servers": "127.0.0.1:1"}).start(outbound=False)
    assert_problem(bridge.webhook(comment_webhook(1, 2)), 503, "again")
    assert_problem(bridge.webhook(comment_webhook(1, 2)), 503, "again")
    assert bridge.stop() == 0


def test_answer_is_json_and_names_the_record(inbound):
    status, headers, answer = inbound.webhook(comment_webhook(12, 99))
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert answer == {"status": "accepted", "id": "demo:99", "topic": inbound.topics["events"],
                      "partition": answer["partition"], "offset": 0}
    assert json.dumps(answer)
