# SPDX-License-Identifier: MIT
"""Each case of tests/cases/webhooks: a body, the answer, and the record it becomes."""
import pytest

import expect
import harness

NAMES = expect.names("webhooks")


@pytest.fixture(scope="module")
def posted(broker, tmp_path_factory):
    """All bodies, posted to one bridge: (answer, record) by case."""
    bridge = harness.Bridge(tmp_path_factory.mktemp("cases"), broker, bridge={"roles": "inbound"}).start(outbound=False)
    try:
        answers = {name: bridge.webhook((expect.CASES / "webhooks" / name / "body").read_bytes()) for name in NAMES}
        events = {(record.partition, record.offset): record for record in broker.read_all(bridge.topics["events"])}
        rejected = {record.headers["ce_id"]: record for record in broker.read_all(bridge.topics["rejected"])}
    finally:
        bridge.close()
    return answers, events, rejected, bridge.topics


@pytest.mark.parametrize("name", NAMES)
def test_webhook(posted, name):
    answers, events, rejected, topics = posted
    wanted = expect.expected("webhooks", name)
    status, _, answer = answers[name]
    assert (status, answer["status"]) == (200, wanted["status"])
    if answer["status"] == "accepted":
        assert answer["topic"] == topics["events"]
        record = events[answer["partition"], answer["offset"]]
    else:
        assert set(answer) == {"status", "id"}
        record = rejected[answer["id"]]
    assert record.headers["ce_id"] == answer["id"]
    assert record.value == (expect.CASES / "webhooks" / name / "body").read_bytes()
    assert (record.key.decode() if record.key is not None else None) == wanted["key"]
    assert not expect.differences(wanted["headers"], record.headers)
    assert not [header for header in wanted.get("absent", []) if header in record.headers]
    assert len(record.headers) == len(record.header_list), "a header stands twice"
    assert record.headers["ce_specversion"] == "1.0" and record.headers["ce_source"] == "/apps/demo"
