# SPDX-License-Identifier: MIT
"""Each case of tests/cases/commands: a record, its outcome, the call it makes, and its dead letter.

expected.json: "status", "reason" and members of the "outcome"; of the call that the sandbox received "call", "params",
and where they are not a form that was POSTed to /api/v2/rest/{call} and answered 200: "path", "method", "encoding",
"http_status"."""
import json

import pytest

import expect

NAMES = expect.names("commands")


def record_of(name):
    folder = expect.CASES / "commands" / name
    value = (folder / "command").read_bytes() if (folder / "command").exists() else None
    headers = [("case", name.encode())]
    if (folder / "headers.json").exists():
        headers += [(k, v.encode()) for k, v in json.loads((folder / "headers.json").read_text()).items()]
    return value, f"key of {name}".encode(), headers


@pytest.fixture(scope="module")
def done(broker, shared_pair):
    """All records through one bridge: outcomes and dead letters by case, and the journal by token."""
    bridge, sandbox = shared_pair
    bridge.commands([record_of(name) for name in NAMES])
    results = broker.read(bridge.topics["results"], len(NAMES), 40)
    letters = bridge.dead_letters()
    journal = sandbox.journal()
    assert len(results) == len(NAMES)
    return ({r.headers["case"]: r for r in results}, {r.headers["case"]: r for r in letters}, journal, bridge.topics)


@pytest.mark.parametrize("name", NAMES)
def test_command(done, name):
    results, letters, journal, topics = done
    wanted = expect.expected("commands", name)
    value, key, headers = record_of(name)
    result = results[name]
    outcome = result.json()
    assert outcome["status"] == wanted["status"], outcome
    assert result.key == key
    assert result.headers["ce_type"] == f"chatbridge.command.{wanted['status']}"
    assert result.headers["ce_id"] == outcome["id"]
    assert not expect.differences(wanted.get("outcome", {}), outcome)
    if wanted["status"] == "succeeded":
        assert outcome["reason"] is None and outcome["results"] and "error" not in outcome
        assert name not in letters
    else:
        assert expect.matches(wanted["reason"], outcome["reason"]), outcome["reason"]
        assert_dead_letter(letters[name], outcome, value, key, headers, topics)
    if "call" in wanted:
        candidates = [e for e in journal if e["call"] == wanted["call"]]
        if "comment" in outcome.get("results", {}):
            candidates = [e for e in candidates if e["comment_id"] == outcome["results"]["comment"]["id"] and e["effect"]]
            assert len(candidates) == 1
        assert any(is_wanted(entry, wanted) for entry in candidates), candidates


def is_wanted(entry, wanted):
    head = {"path": f"/api/v2/rest/{wanted['call']}", "method": "POST", "encoding": "form"}
    head.update({name: wanted[name] for name in head if name in wanted}, status=wanted.get("http_status", 200))
    return not expect.differences(head, entry) and set(entry["params"]) == set(wanted["params"]) \
        and not expect.differences(wanted["params"], entry["params"])


def assert_dead_letter(letter, outcome, value, key, headers, topics):
    assert letter.value == value and letter.key == key, "as it was"
    assert letter.header_list[:len(headers)] == [h for h in headers if not h[0].startswith("dlq_")] \
        or dict(headers).items() >= {k: v for k, v in letter.header_list if not k.startswith("dlq_")}.items()
    source = outcome["source"]
    assert source["topic"] == topics["commands"]
    assert {name: text for name, text in letter.headers.items() if name.startswith("dlq_")} == {
        "dlq_command_id": outcome["id"],
        "dlq_status": outcome["status"],
        "dlq_reason": outcome["reason"],
        "dlq_http_status": str(outcome["http_status"] or ""),
        "dlq_attempts": str(outcome["attempts"]),
        "dlq_first_at": outcome["started_at"] or outcome["received_at"],
        "dlq_last_at": outcome["finished_at"],
        "dlq_source": f"{source['topic']}:{source['partition']}:{source['offset']}",
        "dlq_redrives": dict(headers).get("dlq_redrives", b"0").decode(),
    }
