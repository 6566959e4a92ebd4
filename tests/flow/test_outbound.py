# SPDX-License-Identifier: MIT
"""A command's life: order, retries, what each answer means, outages, and what a stop or a kill may cost."""
import collections
import signal
import time
import uuid

import pytest

import harness
from harness import post_comment, wait_for


def outcomes_of(records):
    by_id = collections.defaultdict(list)
    for record in records:
        by_id[record.json()["id"]].append(record.json())
    return by_id


def outcome(bridge, id, seconds=20):
    records = bridge.results(lambda records: any(r.json()["id"] == id for r in records), seconds)
    return outcomes_of(records)[id][0]


def new_id():
    return uuid.uuid4().hex


def dead_letter(bridge, id):
    letter, = [r for r in bridge.dead_letters() if r.headers["dlq_command_id"] == id]
    return letter


def tokens(entries):
    return {entry["params"]["unique_temp_id"] for entry in entries}


def system_event(room, id, **params):
    return {"id": id, "command": "post_system_event_message",
            "params": {"system_event_type": "join_room", "room_id": str(room), "subject_email": "ann@example.com", **params}}


# ---- order ----


def test_two_thousand_over_a_hundred_rooms(bridge, sandbox):
    bridge.commands([post_comment(i % 100, f"{i // 100}", id=f"c-{i}") for i in range(2000)])
    by_id = outcomes_of(bridge.results(2000, 60))
    assert set(by_id) == {f"c-{i}" for i in range(2000)}
    assert all([o["status"] for o in each] == ["succeeded"] for each in by_id.values()), "exactly one outcome each"
    journal = sandbox.journal(call="post_comment")
    assert len(journal) == 2000 and all(entry["status"] == 200 for entry in journal)
    rooms = collections.defaultdict(list)
    for entry in journal:
        rooms[entry["params"]["room_id"]].append(int(entry["params"]["message"]))
    assert len(rooms) == 100 and all(order == list(range(20)) for order in rooms.values())
    assert len({entry["connection"] for entry in journal}) <= 64, "connections are used again"
    wait_for(lambda: bridge.broker.committed(bridge.group, bridge.topics["commands"]) == 2000, 10, "all committed")
    assert bridge.dead_letters() == []


def test_a_slow_room_delays_nobody(bridge, sandbox):
    sandbox.faults({"room": "slow", "latency_ms": 400})
    bridge.commands([post_comment("slow", str(i), id=f"slow-{i}") for i in range(5)] +
                    [post_comment(f"r{i}", "x", id=f"quick-{i}") for i in range(200)])
    bridge.results(205, 30)
    journal = sandbox.journal(call="post_comment")
    slow = [entry for entry in journal if entry["params"]["room_id"] == "slow"]
    assert [entry["params"]["message"] for entry in slow] == list("01234"), "one at a time, in order"
    third = journal.index(slow[2])
    assert third >= 200 - 1 and journal.index(slow[4]) == 204, "the others did not wait"


def test_a_retry_keeps_its_place(bridge, sandbox):
    sandbox.faults({"room": "7", "status": 500, "times": 3})
    bridge.commands([post_comment(7, str(i), id=f"c-{i}") for i in range(4)])
    by_id = outcomes_of(bridge.results(4))
    journal = sandbox.journal(call="post_comment")
    assert [entry["params"]["message"] for entry in journal] == list("0000123")
    assert len(tokens(journal[:4])) == 1 and len(tokens(journal)) == 4, "one token a command, on each attempt"
    assert (by_id["c-0"][0]["attempts"], by_id["c-1"][0]["attempts"]) == (4, 1)
    assert [c["message"] for c in reversed(sandbox.comments(7))] == list("0123")


# ---- what an answer means ----


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 415, 418, 422, 301, 302])
def test_refused(pair, status):
    bridge, sandbox = pair
    id = new_id()
    sandbox.faults({"status": status, "body": '{"error":{"message":"no","detailed_messages":["room is closed"]},"status":1}'})
    bridge.command(post_comment(1, "x", id=id))
    got = outcome(bridge, id)
    assert (got["status"], got["http_status"], got["attempts"]) == ("rejected", status, 1)
    assert got["reason"] == f"HTTP {status}: no: room is closed"
    assert got["error"] == {"message": "no", "detailed_messages": ["room is closed"]}
    letter = dead_letter(bridge, id)
    assert letter.headers["dlq_http_status"] == str(status) and letter.headers["dlq_status"] == "rejected"
    assert len(sandbox.journal(call="post_comment")) == 1


@pytest.mark.parametrize("rule", [
    {"status": 500}, {"status": 425}, {"status": 501}, {"status": 599}, {"status": 408}, {"status": 502}, {"status": 504},
    {"status": 200, "body": "<html>"}, {"status": 200, "body": ""}, {"status": 200, "body": "[]"},
    {"reset": "before"}, {"reset": "after"}, {"close": "before"}, {"close": "after"}, {"truncate": True},
], ids=lambda rule: "-".join(str(v) for v in rule.values()))
def test_tried_again(pair, rule):
    bridge, sandbox = pair
    id = new_id()
    sandbox.faults({**rule, "times": 2})
    bridge.command(post_comment(1, "x", id=id))
    got = outcome(bridge, id)
    assert (got["status"], got["attempts"]) == ("succeeded", 3), got
    journal = sandbox.journal(call="post_comment")
    assert len(journal) == 3 and len(tokens(journal)) == 1
    assert sum(entry["effect"] for entry in journal) == 1, "posted once, however often it was sent"


def test_exhausted(make_bridge, sandbox):
    bridge = make_bridge(sandbox, retry={"backoff.initial": "5ms", "backoff.max": "20ms", "attempts.max": "4"}).start()
    sandbox.faults({"room": "1", "status": 500})
    bridge.commands([post_comment(1, "first", id="a"), post_comment(1, "second", id="b"), post_comment(2, "other", id="c")])
    by_id = outcomes_of(bridge.results(3))
    assert {id: (o[0]["status"], o[0]["attempts"]) for id, o in by_id.items()} == {
        "a": ("exhausted", 4), "b": ("exhausted", 4), "c": ("succeeded", 1)}
    assert [e["params"]["message"] for e in sandbox.journal(room="1")] == ["first"] * 4 + ["second"] * 4
    assert {r.headers["dlq_command_id"]: r.headers["dlq_http_status"] for r in bridge.dead_letters()} == {"a": "500", "b": "500"}


def test_on_dead_fail(make_bridge, sandbox):
    """What waits behind a command that failed fails with it; what comes later, and other rooms, go on."""
    bridge = make_bridge(sandbox, outbound={"on.dead": "fail"}, retry={
        "backoff.initial": "100ms", "backoff.max": "100ms", "attempts.max": "3"}).start()
    sandbox.faults({"room": "1", "status": 500, "times": 3})
    bridge.commands([post_comment(1, str(i), id=f"c-{i}") for i in range(4)] + [post_comment(2, "other", id="other")])
    by_id = {id: o[0] for id, o in outcomes_of(bridge.results(5)).items()}
    assert {id: o["status"] for id, o in by_id.items()} == {
        "c-0": "exhausted", "c-1": "skipped", "c-2": "skipped", "c-3": "skipped", "other": "succeeded"}
    assert by_id["c-3"]["reason"] == "c-0 before it in its lane ended as exhausted" and by_id["c-3"]["attempts"] == 0
    assert {r.headers["dlq_command_id"]: r.headers["dlq_status"] for r in bridge.dead_letters()} == {
        "c-0": "exhausted", "c-1": "skipped", "c-2": "skipped", "c-3": "skipped"}
    bridge.command(post_comment(1, "later", id="later"))
    assert outcome(bridge, "later")["status"] == "succeeded"


def test_window_exhausts(make_bridge, sandbox):
    bridge = make_bridge(sandbox, retry={"backoff.initial": "50ms", "backoff.max": "50ms", "attempts.max": "0",
                                         "window": "500ms"}).start()
    sandbox.faults({"status": 500})
    bridge.command(post_comment(1, "x", id="a"))
    assert outcome(bridge, "a")["status"] == "exhausted"


@pytest.mark.parametrize("rule", [
    {"status": 502, "effect": True}, {"status": 504}, {"status": 408}, {"reset": "after"}, {"reset": "before"},
    {"close": "after"}, {"status": 200, "body": "nonsense"}, {"truncate": True},
], ids=lambda rule: "-".join(str(v) for v in rule.values()))
def test_unsafe_call_is_never_blindly_repeated(pair, rule):
    bridge, sandbox = pair
    id = new_id()
    sandbox.faults({**rule, "call": "post_system_event_message", "times": 1})
    bridge.command(system_event(1, id))
    got = outcome(bridge, id)
    assert (got["status"], got["attempts"]) == ("unknown", 1)
    assert len(sandbox.journal(call="post_system_event_message")) == 1
    assert dead_letter(bridge, id).headers["dlq_status"] == "unknown"


def test_unsafe_call_is_repeated_where_it_surely_had_no_effect(pair):
    bridge, sandbox = pair
    id = new_id()
    sandbox.faults({"status": 500, "times": 2})
    bridge.command(system_event(1, id))
    got = outcome(bridge, id)
    assert (got["status"], got["attempts"]) == ("succeeded", 3)


def test_refused_on_repeat_is_unknown(make_bridge, tmp_path):
    """A 400 that follows an ambiguous answer may mean: done before."""
    sandbox = harness.Sandbox(tmp_path, "--on-repeat", "refuse")
    try:
        bridge = make_bridge(sandbox, retry={"backoff.initial": "10ms"}).start()
        sandbox.faults({"reset": "after", "times": 1})
        bridge.command(post_comment(1, "x", id="c"))
        got = outcome(bridge, "c")
        assert (got["status"], got["http_status"], got["attempts"]) == ("unknown", 400, 2)
        assert "probably done" in got["reason"]
        bridge.close()
    finally:
        sandbox.stop()


def test_timeout_is_ambiguous(make_bridge, sandbox):
    bridge = make_bridge(sandbox, retry={"backoff.initial": "10ms"},
                         outbound={"request.timeout": "300ms", "connect.timeout": "300ms"}).start()
    sandbox.faults({"hang": True, "times": 1})
    bridge.commands([post_comment(1, "x", id="keyed")])
    assert (outcome(bridge, "keyed")["status"], outcome(bridge, "keyed")["attempts"]) == ("succeeded", 2)
    sandbox.faults({"hang": True, "times": 1})
    bridge.command(system_event(1, "unsafe"))
    assert outcome(bridge, "unsafe")["status"] == "unknown"


def test_results_come_through_exactly(pair):
    bridge, sandbox = pair
    id = new_id()
    body = '{"results":{"comment":{"id":1},"nano":1664855588089051000,"big":9007199254740993,"t":"\\u00e9"},"status":200}'
    sandbox.faults({"status": 200, "body": body})
    bridge.command(post_comment(1, "x", id=id))
    got = outcome(bridge, id)
    assert got["results"] == {"comment": {"id": 1}, "nano": 1664855588089051000, "big": 9007199254740993, "t": "é"}


# ---- what is charged to the app ----


@pytest.mark.parametrize("rule", [{"status": 429, "retry_after": "1"}, {"status": 503, "retry_after": "1"},
                                  {"status": 429}, {"status": 503, "retry_after": "nonsense"}],
                         ids=["429-1", "503-1", "429", "503-nonsense"])
def test_slow_down(pair, rule):
    bridge, sandbox = pair
    run = new_id()
    sandbox.faults({**rule, "times": 1})
    bridge.commands([post_comment(i, "x", id=f"{run}-{i}") for i in range(20)])
    got = [outcome(bridge, f"{run}-{i}", 60) for i in range(20)]
    assert {(o["status"], o["attempts"]) for o in got} == {("succeeded", 1)}, "nothing is charged"
    assert not [r for r in bridge.dead_letters() if r.headers["dlq_command_id"].startswith(run)]


def test_retry_after_holds_the_whole_app(make_bridge, sandbox):
    bridge = make_bridge(sandbox, outbound={"in.flight.max": "1"}).start()
    sandbox.faults({"status": 429, "retry_after": "2", "times": 1})
    bridge.commands([post_comment(i, "x", id=f"c-{i}") for i in range(3)])
    bridge.results(3, 30)
    times = [harness.time.strptime(e["time"][:19], "%Y-%m-%dT%H:%M:%S") for e in sandbox.journal(call="post_comment")]
    seconds = [time.mktime(t) for t in times]
    assert len(seconds) == 4 and seconds[1] - seconds[0] >= 1, "nothing was called during the pause"


def test_outage_leaves_lag_not_dead_letters(make_bridge, sandbox, tmp_path):
    own = harness.Sandbox(tmp_path)
    bridge = make_bridge(own, retry={"backoff.initial": "20ms", "attempts.max": "3", "window": "1s"},
                         breaker={"failures": 3, "open": "200ms", "open.max": "400ms"}).start()
    try:
        bridge.command(post_comment(0, "before", id="before"))
        assert outcome(bridge, "before")["status"] == "succeeded"
        own.stop()
        bridge.commands([post_comment(i, "during", id=f"c-{i}") for i in range(100)])
        bridge.program.wait_log("cannot be reached", 20)
        down_until = time.monotonic() + 3  # well over retry.window: the window stands still meanwhile
        wait_for(lambda: time.monotonic() > down_until, 10, "three seconds of outage")
        assert len(bridge.broker.read_all(bridge.topics["results"])) == 1 and bridge.dead_letters() == []
        assert bridge.broker.committed(bridge.group, bridge.topics["commands"]) <= 1, "lag"
        own.start()
        by_id = outcomes_of(bridge.results(101, 30))
        assert {(o[0]["status"], o[0]["attempts"]) for o in by_id.values()} == {("succeeded", 1)}
        assert bridge.dead_letters() == []
        bridge.close()
    finally:
        own.stop()


def test_a_kept_connection_that_the_api_closed_is_not_used(bridge, sandbox):
    """Else a call that must not be repeated would end as unknown after each pause of the traffic."""
    for i in range(5):
        bridge.command(system_event(1, f"e-{i}"))
        got = outcome(bridge, f"e-{i}")
        assert (got["status"], got["attempts"]) == ("succeeded", 1)
        sandbox.program.kill() if i % 2 else sandbox.stop()
        sandbox.start()


def test_wrong_secret_leaves_lag_not_dead_letters(make_bridge, sandbox):
    bridge = make_bridge(sandbox, **{"app:demo": {"secret": "not-the-one-8472"},
                                     "breaker": {"open": "100ms", "open.max": "200ms"}}).start()
    bridge.commands([post_comment(i, "x", id=f"c-{i}") for i in range(30)])
    bridge.program.wait_log("refuses our credentials", 20)
    wait_for(lambda: len(sandbox.journal(call="post_comment")) >= 8, 20, "it probes")
    assert bridge.broker.read_all(bridge.topics["results"]) == [] and bridge.dead_letters() == []
    assert "8472" not in bridge.program.log(), "secrets are not logged"
    assert bridge.stop() == 0
    bridge.set({"app:demo": {"secret": harness.SECRET}})
    bridge.start()
    assert {o[0]["status"] for o in outcomes_of(bridge.results(30, 30)).values()} == {"succeeded"}


def test_rate_limit(make_bridge, sandbox):
    bridge = make_bridge(sandbox, rate={"app": "20/s"}).start()
    bridge.commands([post_comment(i, "x", id=f"c-{i}") for i in range(60)])
    bridge.results(60, 30)
    journal = sandbox.journal(call="post_comment")

    def ms(entry):
        text = entry["time"]
        return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 1000 + int(text[20:23])
    assert len(journal) == 60
    # A burst of one second, then the even pace: the last call is two seconds behind the first.
    assert ms(journal[59]) - ms(journal[0]) >= 1900
    for i in range(20, 40):
        assert ms(journal[i + 20]) - ms(journal[i]) >= 900, "behind the burst never more than 20 in about a second"


def test_expires_while_it_waits(make_bridge, sandbox):
    bridge = make_bridge(sandbox).start()
    sandbox.faults({"room": "1", "latency_ms": 1500})
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    bridge.commands([post_comment(1, "first", id="a"), {**post_comment(1, "second", id="b"), "expires_at": soon}])
    by_id = outcomes_of(bridge.results(2))
    assert (by_id["a"][0]["status"], by_id["b"][0]["status"]) == ("succeeded", "expired")
    assert [e["params"]["message"] for e in sandbox.journal(call="post_comment")] == ["first"]


# ---- stopping and dying ----


def commands_over(rooms, count):
    return [post_comment(i % rooms, f"{i // rooms}", id=f"c-{i}") for i in range(count)]


def assert_done_in_order(bridge, sandbox, rooms, count, repeats_allowed):
    """Every command has its outcome and one comment, each room in order; what was repeated carried its token."""
    by_id = outcomes_of(bridge.results(count, 60))
    assert len(by_id) == count and all(o["status"] == "succeeded" for each in by_id.values() for o in each)
    journal = sandbox.journal(call="post_comment")
    effects = [entry for entry in journal if entry["effect"]]
    assert len(effects) == count and len(tokens(effects)) == count, "each was posted once"
    by_room = collections.defaultdict(list)
    for entry in effects:
        by_room[entry["params"]["room_id"]].append(int(entry["params"]["message"]))
    assert all(order == list(range(count // rooms)) for order in by_room.values())
    repeats = len(journal) - count
    assert repeats <= repeats_allowed, f"{repeats} calls were repeated"
    return repeats


def test_stop_under_load(make_bridge, sandbox):
    bridge = make_bridge(sandbox).start()
    sandbox.faults({"latency_ms": 20})
    bridge.commands(commands_over(50, 1500))
    wait_for(lambda: len(sandbox.journal(call="post_comment")) > 200, 30, "200 calls")
    assert bridge.stop() == 0
    done = len(sandbox.journal(call="post_comment"))
    assert 200 < done < 1500, "stopped in the middle"
    bridge.start()
    assert_done_in_order(bridge, sandbox, 50, 1500, repeats_allowed=0)


def test_kill_9_and_restart(make_bridge, sandbox):
    bridge = make_bridge(sandbox).start()
    sandbox.faults({"latency_ms": 20})
    bridge.commands(commands_over(50, 1500))
    for calls in (200, 600):
        wait_for(lambda calls=calls: len(sandbox.journal(call="post_comment")) > calls, 60, f"{calls} calls")
        bridge.kill()
        bridge.start()
    # In flight, or finished in the second before: at 20 ms a call and 50 rooms that is at most 2,500 a kill.
    assert_done_in_order(bridge, sandbox, 50, 1500, repeats_allowed=1500)


def test_second_signal_ends_at_once(make_bridge, sandbox):
    bridge = make_bridge(sandbox, bridge={"shutdown.timeout": "60s"}).start()
    sandbox.faults({"hang": True})
    bridge.command(post_comment(1, "x", id="c"))
    wait_for(lambda: sandbox.journal(call="post_comment"), 10, "a call in flight")
    bridge.program.signal(signal.SIGTERM)
    bridge.program.wait_log("outbound: stopping")
    bridge.program.signal(signal.SIGTERM)
    assert bridge.program.wait(20) == 1


def test_stop_gives_up_a_call_that_hangs(make_bridge, sandbox):
    bridge = make_bridge(sandbox, bridge={"shutdown.timeout": "1s"}).start()
    sandbox.faults({"hang": True, "times": 1})
    bridge.command(post_comment(1, "x", id="c"))
    wait_for(lambda: sandbox.journal(call="post_comment"), 10, "a call in flight")
    assert bridge.stop() == 0
    assert bridge.broker.read_all(bridge.topics["results"]) == []
    bridge.start()
    assert outcome(bridge, "c")["status"] == "succeeded"
    assert len(tokens(sandbox.journal(call="post_comment"))) == 1


def test_broker_pauses(make_bridge, sandbox, broker):
    """Outcomes wait for Kafka; none is lost and no command is committed before its outcome is there."""
    bridge = make_bridge(sandbox).start()
    sandbox.faults({"latency_ms": 10})
    bridge.commands(commands_over(20, 400))
    wait_for(lambda: len(sandbox.journal(call="post_comment")) > 50, 20, "50 calls")
    with broker.paused():
        calls = len(sandbox.journal(call="post_comment"))
        still_until = time.monotonic() + 2
        wait_for(lambda: time.monotonic() > still_until, 5, "a pause")
    assert calls > 50
    assert_done_in_order(bridge, sandbox, 20, 400, repeats_allowed=400)


# ---- two instances ----


def test_two_instances_share_and_hand_over(make_bridge, sandbox, broker):
    bridge = make_bridge(sandbox, bridge={"roles": "outbound", "shutdown.timeout": "5s"})
    first = harness.Program("chatbridge", ["run", "-c", str(bridge.write())], bridge.folder)
    second = harness.Program("chatbridge", ["run", "-c", str(bridge.write())], bridge.folder)
    bridge.programs += [first, second]
    first.wait_log(r"outbound: assigned\" partitions=2", 60)
    second.wait_log(r"outbound: assigned\" partitions=2", 60)
    sandbox.faults({"latency_ms": 10})
    bridge.commands(commands_over(40, 1200))
    wait_for(lambda: len(sandbox.journal(call="post_comment")) > 200, 30, "200 calls")
    before = len(first.log())
    assert second.stop() == 0
    first.wait_log(r"outbound: assigned\" partitions=4", 60, after=before)
    # The embedded broker refuses the commits of whoever stays while another leaves; Kafka takes them.
    assert_done_in_order(bridge, sandbox, 40, 1200, repeats_allowed=0 if broker.real else 1200)
