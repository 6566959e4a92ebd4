# SPDX-License-Identifier: MIT
"""Each directory of tests/cases/sandbox: case.json with requests and what they are answered.

{
  "about": "what it shows",
  "options": [...],        of chat-sandbox; default --app demo --secret s3cret
  "seed": {...},           what the app starts with; default: seed.json beside the directories; null: nothing
  "steps": [{
    "method": "POST", "path": "post_comment",        below /api/v2/rest/, unless it begins with a slash
    "secret": "…" or null, "headers": {...},
    one of "form": [[name, value], ...], "json": ..., "multipart": [[name, text or [filename, text or JSON]], ...],
           "body": "raw" (with "headers"),
    "query": [[name, value], ...],
    "status": 200, "response": {...},                compared as chat_sandbox.differences() says; absent: not at all
    "error": "…" or [...]                            instead of response: an error body of this message, these details
    "allow": "GET, POST",                            the header Allow
    "until": true,                                   repeated until it is answered like that
    "capture": {"name": "results.room_id"}           for ${name} in later steps
  }],
  "webhooks": [{"headers": {...}, "body": {...}}]    what was told meanwhile, in order
}

In texts ${x*4000} stands for 4,000 times x, and ${today} for the day of today (UTC).
"""
import contextlib
import datetime
import json
import re
import urllib.parse

import pytest

from chat_sandbox import API, CASES, DEMO, SECRET, Receiver, at, differences, multipart, running, wait_for

NAMES = sorted(p.name for p in CASES.iterdir() if p.is_dir())
KEYS = {"method", "path", "secret", "headers", "form", "json", "multipart", "body", "query", "status", "response",
        "error", "allow", "until", "capture", "repeat"}


def fill_in(value, known):
    if isinstance(value, dict):
        return {fill_in(k, known): fill_in(v, known) for k, v in value.items()}
    if isinstance(value, list):
        return [fill_in(v, known) for v in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{(\w+)\}", value)
    if whole and whole[1] in known:
        return known[whole[1]]
    value = re.sub(r"\$\{(.)\*(\d+)\}", lambda m: m[1] * int(m[2]), value)
    return re.sub(r"\$\{(\w+)\}", lambda m: str(known[m[1]]), value)


def urlencoded(fields):
    return urllib.parse.urlencode([tuple(field) for field in fields])


def encoded(fields):
    return [(n, v if isinstance(v, str) else [v[0], v[1] if isinstance(v[1], str) else json.dumps(v[1])])
            for n, v in fields]


def send(sandbox, step):
    path = step["path"] if step["path"].startswith("/") else API + step["path"]
    if "query" in step:
        path += "?" + urlencoded(step["query"])
    secret = step.get("secret", SECRET)
    headers = {} if secret is None else {"QISCUS_SDK_SECRET": secret}
    body = None
    if "form" in step:
        headers["Content-Type"], body = "application/x-www-form-urlencoded", urlencoded(step["form"])
    elif "json" in step:
        headers["Content-Type"], body = "application/json", json.dumps(step["json"])
    elif "multipart" in step:
        headers["Content-Type"], body = multipart(encoded(step["multipart"]))
    elif "body" in step:
        body = step["body"].encode("latin-1")
    return sandbox.send(step.get("method", "POST"), path, body, {**headers, **step.get("headers", {})})


def problems(step, answer):
    found = [f"status {answer.status} instead of {step['status']}: {answer.body!r}"] if answer.status != step["status"] else []
    wanted = step.get("response")
    if "error" in step:
        details = step["error"] if isinstance(step["error"], list) else [step["error"]]
        wanted = {"error": {"message": details[0], "detailed_messages": details}, "status": step["status"]}
    if wanted is not None and not found:
        found = differences(wanted, answer.json)
    if "allow" in step and answer.headers["Allow"] != step["allow"]:
        found.append(f"Allow: {answer.headers['Allow']} instead of {step['allow']}")
    return found


def run(sandbox, step, known):
    assert set(step) <= KEYS, set(step) - KEYS
    step = fill_in(step, known)
    last = []

    def right():
        answer = send(sandbox, step)
        last[:] = [problems(step, answer), answer]
        return not last[0]
    if step.get("until"):
        wait_for(right, lambda: last[0])
    else:
        assert right(), last[0]
    for name, path in step.get("capture", {}).items():
        known[name] = at(last[1].json, path)


def check_webhooks(receiver, wanted, known):
    for expected in wanted:
        headers, body = receiver.next()
        assert not differences(fill_in(expected["body"], known), json.loads(body))
        for name, value in expected.get("headers", {}).items():
            assert not differences(value, headers.get(name, "(absent)"), name)


@pytest.mark.parametrize("name", NAMES)
def test_case(name, tmp_path):
    case = json.loads((CASES / name / "case.json").read_text())
    seed = case.get("seed", json.loads((CASES / "seed.json").read_text()))
    options = list(case.get("options", DEMO))
    known = {"today": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")}
    with contextlib.ExitStack() as stack:
        if seed is not None:
            (tmp_path / "seed.json").write_text(json.dumps(fill_in(seed, known)))
            options[4:4] = ["--seed", str(tmp_path / "seed.json")]
        if "webhooks" in case:
            receiver = stack.enter_context(Receiver())
            options[4:4] = ["--webhook-url", receiver.url]
        sandbox = stack.enter_context(running(*options))
        for step in case["steps"]:
            for _ in range(step.get("repeat", 1)):
                run(sandbox, step, known)
        if "webhooks" in case:
            check_webhooks(receiver, case["webhooks"], known)
