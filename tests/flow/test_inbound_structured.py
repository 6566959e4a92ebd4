# SPDX-License-Identifier: MIT
"""event.format = structured, read by the rules of CloudEvents 1.0: its JSON format and its Kafka protocol binding."""
import json
import re
import sys

import pytest

import expect
import harness
from harness import APP, comment_webhook

sys.setrecursionlimit(10000)  # a case is 1,000 levels deep
NAMES = expect.names("webhooks")
JSON_TYPE = re.compile(r"[^;]+/(json|[^;]+\+json)\s*(;.*)?", re.I)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def read_event(record):
    """A record as a CloudEvents reader understands it: its attributes, and its data as bytes."""
    mode = record.headers.get("content-type", "")
    if not mode.lower().startswith("application/cloudevents"):
        assert all(name == name.lower() for name in record.headers)
        attributes = {name[3:]: value for name, value in record.headers.items() if name.startswith("ce_")}
        if "content-type" in record.headers:
            attributes["datacontenttype"] = record.headers["content-type"]
        return validated(attributes), record.value
    assert mode.split(";")[0].strip().lower() == "application/cloudevents+json"  # no other format, no batch
    event = json.loads(record.value)
    assert "data_base64" not in event and "data" in event
    head, _, data = record.value.partition(b',"data":')
    envelope = json.loads(head + b"}", object_pairs_hook=list)
    assert len({name for name, _ in envelope}) == len(envelope) == len(event) - 1, "an attribute stands twice"
    return validated(dict(envelope)), data[:-1]


def validated(attributes):
    for name, value in attributes.items():
        assert re.fullmatch(r"[a-z0-9]+", name), name
        assert isinstance(value, str) and value, (name, value)
    assert attributes["specversion"] == "1.0"
    assert {"id", "source", "type"} <= set(attributes)
    assert re.fullmatch(r"/apps/[a-z0-9._-]+", attributes["source"])  # a URI reference
    assert TIME.fullmatch(attributes["time"])
    assert JSON_TYPE.fullmatch(attributes["datacontenttype"])  # so `data` is the JSON value itself
    return attributes


@pytest.fixture(scope="module")
def both(broker, tmp_path_factory):
    """Every case's body through a bridge of each format: name -> (event, data, record), and what was rejected."""
    def through(form):
        bridge = harness.Bridge(tmp_path_factory.mktemp(form), broker, bridge={"roles": "inbound"},
                                inbound={"event.format": form}).start(outbound=False)
        try:
            answers = {name: bridge.webhook((expect.CASES / "webhooks" / name / "body").read_bytes())[2] for name in NAMES}
            records = {(r.partition, r.offset): r for r in broker.read_all(bridge.topics["events"])}
            rejected = {r.headers["ce_id"]: r for r in broker.read_all(bridge.topics["rejected"])}
        finally:
            bridge.close()
        events = {}
        for name, answer in answers.items():
            is_event = answer["status"] == "accepted"
            events[name] = records[answer["partition"], answer["offset"]] if is_event else rejected[answer["id"]]
        return events, len(records), len(rejected)
    return through("binary"), through("structured")


@pytest.mark.parametrize("name", NAMES)
def test_both_formats_say_the_same(both, name):
    (binary, *_), (structured, *_) = both
    one, two = binary[name], structured[name]
    body = (expect.CASES / "webhooks" / name / "body").read_bytes()
    assert one.key == two.key and one.partition == two.partition or one.key is None
    if "rejected_reason" in one.headers:  # what is no JSON stays binary
        assert two.value == body and two.headers["rejected_reason"] == one.headers["rejected_reason"]
        return
    first, first_data = read_event(one)
    second, second_data = read_event(two)
    assert first_data == second_data == body
    assert set(second) == set(first) | {"traceparent"}
    made_here = {"time", "traceparent"} | ({"id"} if re.fullmatch(r"[0-9a-f-]{36}", first["id"]) else set())
    assert {k: v for k, v in first.items() if k not in made_here} == {k: v for k, v in second.items() if k not in made_here}
    assert two.headers == {"content-type": "application/cloudevents+json", "traceparent": second["traceparent"]}


def test_there_are_cases_of_both_kinds(both):
    for _, events, rejected in both:
        assert events > 20 and rejected > 5


def test_attributes(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"event.format": "structured"}).start(outbound=False)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    body = comment_webhook(7, 5, 'quoted "text" \\ \u20ac')
    status, _, answer = bridge.webhook(body, headers={"Content-Type": "application/vnd.x+json", "traceparent": trace})
    assert (status, answer["status"], answer["id"]) == (200, "accepted", f"{APP}:5")
    record, = bridge.broker.read(bridge.topics["events"], 1)
    event, data = read_event(record)
    assert data == body and record.json()["data"] == json.loads(body)
    assert TIME.fullmatch(event.pop("time"))
    assert event == {
        "specversion": "1.0", "id": f"{APP}:5", "source": f"/apps/{APP}", "type": "com.qiscus.chat.post_comment_mobile",
        "datacontenttype": "application/vnd.x+json", "subject": "rooms/7", "partitionkey": "7", "origin": "client",
        "sender": "ann@example.com", "traceparent": trace}


def test_a_strange_content_type_spoils_nothing(make_bridge):
    """Bytes that are not UTF-8 in a header must not get into the JSON."""
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"event.format": "structured"}).start(outbound=False)
    head = b"POST /webhooks/%s/%s HTTP/1.1\r\nHost: b\r\nContent-Type: application/json; x=\xff\xfe\"\r\n" \
           b"traceparent: \xff\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    assert b" 200 " in bridge.raw(head % (APP.encode(), harness.TOKEN.encode())).split(b"\r\n")[0]
    record, = bridge.broker.read(bridge.topics["events"], 1)
    event, data = read_event(record)
    assert event["datacontenttype"] == "application/json" and data == b"{}"


def test_a_large_body(make_bridge):
    bridge = make_bridge(bridge={"roles": "inbound"}, inbound={"event.format": "structured"}).start(outbound=False)
    body = comment_webhook(1, 1, "x" * 1_000_000)
    assert bridge.webhook(body)[0] == 200
    record, = bridge.broker.read(bridge.topics["events"], 1)
    assert read_event(record)[1] == body
