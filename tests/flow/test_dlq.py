# SPDX-License-Identifier: MIT
"""Dead letters: looked at, put back, set aside, and what each leaves in the topic."""
import collections
import json
import signal
import time

import pytest

import harness
from harness import post_comment
from test_cli import run


class Letters:
    """`chatbridge dlq` with a bridge's configuration."""

    def __init__(self, bridge):
        self.bridge, self.config = bridge, str(bridge.write())
        self.topic, self.commands = bridge.topics["dlq"], bridge.topics["commands"]

    def run(self, *arguments, wanted=0):
        return run("dlq", "-c", self.config, *arguments, wanted=wanted)

    def ls(self, *arguments):
        return [json.loads(line) for line in self.run("ls", "--json", *arguments).stdout.splitlines()]

    def ids(self, *arguments):
        return [letter["id"] for letter in self.ls(*arguments)]

    def place(self, id, *arguments):
        letter, = [letter for letter in self.ls(*arguments) if letter["id"] == id]
        return f"{letter['partition']}:{letter['offset']}"

    def redriven(self):
        """The commands that were put back."""
        return [r for r in self.bridge.broker.read_all(self.commands) if "dlq_redrives" in r.headers]

    def marks(self):
        return [r for r in self.bridge.dead_letters() if "dlq_handled" in r.headers]

    def put(self, letters):
        """Letters as the bridge writes them; each of `letters` is an id and what differs from an exhausted one."""
        records = []
        for i, (id, differences) in enumerate(letters):
            given = {"key": b"1", "value": json.dumps(post_comment(1, "x", id=id)).encode(), "own": [("traceparent", "t")],
                     "source": f"{self.commands}:0:{i}", "status": "exhausted", "http_status": "500", "attempts": "8",
                     "reason": "HTTP 500", "redrives": "0", **differences}
            headers = given["own"] + [("dlq_command_id", id), ("dlq_first_at", "2026-12-01T10:00:00.000Z"),
                                      ("dlq_last_at", "2026-12-01T10:01:00.000Z")]
            headers += [(f"dlq_{name}", given[name]) for name in ("status", "reason", "http_status", "attempts", "source",
                                                                   "redrives", "value_header") if given.get(name) is not None]
            headers = [("dlq_value", value) if name == "dlq_value_header" else (name, value) for name, value in headers]
            records.append((given["key"], given["value"], headers))
        self.bridge.broker.produce(self.topic, records)
        self.bridge.broker.read(self.topic, len(records))


@pytest.fixture
def idle(make_bridge):
    """The topics of a bridge that does not run, so that a test alone says what is in them."""
    return Letters(make_bridge())


@pytest.fixture
def letters(make_bridge, sandbox):
    """A bridge that gives up at once."""
    return Letters(make_bridge(sandbox, retry={"attempts.max": 1}).start())


def die(letters, sandbox, commands):
    """Sends the commands while the API answers 500, then makes it well again."""
    before = len(letters.ls("--all"))
    sandbox.faults({"status": 500})
    letters.bridge.commands(commands)
    letters.bridge.broker.read(letters.topic, lambda records: sum(
        "dlq_status" in r.headers for r in records) == before + len(commands))
    sandbox.faults()


def outcomes(letters, count):
    """All outcomes by id, once there are so many."""
    by_id = collections.defaultdict(list)
    for record in letters.bridge.broker.read(letters.bridge.topics["results"], count, 30):
        by_id[record.json()["id"]].append(record.json()["status"])
    return by_id


# ---- looking ----


def test_ls_and_its_filters(idle):
    assert idle.ls() == [] and idle.run("ls").stdout == "" and idle.run("ls", "--count").stdout.split() == ["total", "0"]
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    event = json.dumps({"system_event_type": "join_room", "room_id": 3, "subject_email": "ann@example.com"}).encode()
    idle.put([
        ("a", {}),
        ("b", {"key": b"2", "value": json.dumps({"app": "other", **post_comment(2, "x")}).encode(), "status": "rejected",
               "reason": "params.message: Too long", "http_status": None, "attempts": "0"}),
        ("c", {"key": b"3", "value": event, "status": "unknown", "own": [
            ("ce_specversion", "1.0"), ("ce_type", "com.example.post_system_event_message"), ("ce_app", "demo")]}),
        ("d", {"key": b"4", "value": b"\xff", "status": "rejected", "reason": "not JSON \x1b[2J"}),
        ("e", {"key": None, "value": None, "value_header": "omitted"}),
    ])
    idle.bridge.broker.produce(idle.topic, [(b"1", b"of somebody else", None)])
    assert sorted(idle.ids()) == list("abcde")
    for arguments, ids in {
        ("--status", "rejected"): "bd", ("--status", "rejected", "--status", "unknown"): "bcd", ("--app", "other"): "b",
        ("--app", "demo"): "acde", ("--room", "3"): "c", ("--room", "4"): "d", ("--command", "post_comment"): "ab",
        ("--command", "post_system_event_message"): "c", ("--reason", "too LONG"): "b", ("--since", began): "abcde",
        ("--since", "1h"): "abcde", ("--until", "1h"): "", ("--until", "7d"): "", ("--since", "2100-01-01T00:00:00Z"): "",
        ("--status", "rejected", "--room", "4"): "d", ("--status", "skipped"): "", ("--handled",): "", ("--all",): "abcde",
    }.items():
        assert sorted(idle.ids(*arguments)) == list(ids), arguments
    assert len(idle.ls("--limit", "2")) == 2
    assert idle.run("ls", "--count").stdout.split() == ["rejected", "2", "exhausted", "2", "unknown", "1", "total", "5"]
    assert json.loads(idle.run("ls", "--count", "--json", "--room", "3").stdout) == {"unknown": 1, "total": 1}
    by_id = {letter["id"]: letter for letter in idle.ls()}
    assert by_id["a"] == {
        "partition": by_id["a"]["partition"], "offset": by_id["a"]["offset"], "status": "exhausted", "http_status": 500,
        "attempts": 8, "app": "demo", "room": "1", "command": "post_comment", "id": "a", "time": by_id["a"]["time"],
        "first_at": "2026-12-01T10:00:00.000Z", "last_at": "2026-12-01T10:01:00.000Z", "reason": "HTTP 500",
        "source": f"{idle.commands}:0:0", "redrives": 0, "omitted": False, "handled": None}
    assert by_id["b"]["http_status"] is None and by_id["e"]["omitted"] and by_id["e"]["room"] is None
    lines = {line.split()[8 - 1]: line for line in idle.run("ls").stdout.splitlines()}
    assert set(lines) == set("abcde") and "HTTP 500" in lines["a"] and "\x1b" not in lines["d"] and "?[2J" in lines["d"]


def test_show(idle):
    idle.put([("a", {"own": [("traceparent", "t-1"), ("h", "one"), ("h", "two")]})])
    place = idle.place("a")
    text = idle.run("show", place).stdout
    assert all(word in text for word in ("traceparent      t-1", "one", "two", "dlq_reason       HTTP 500", '"message": "x"'))
    shown = json.loads(idle.run("show", "--json", place).stdout)
    assert shown["value"]["id"] == "a" and shown["headers"]["dlq_status"] == "exhausted" and shown["marks"] == []
    idle.run("discard", place, "--by", "ann")
    idle.run("discard", place, "--by", "bob", "--again")
    marks = json.loads(idle.run("show", "--json", place).stdout)["marks"]
    assert [(mark["action"], mark["by"]) for mark in marks] == [("discarded", "ann"), ("discarded", "bob")]
    text = idle.run("show", place).stdout
    mark = f"{marks[0]['partition']}:{marks[0]['offset']}"
    assert "discarded " in text and "by ann" in text and f"its mark: {mark}" in text
    assert "but a mark" in idle.run("show", mark, wanted=1).stderr
    assert "no offset 99" in idle.run("show", "0:99", wanted=1).stderr
    assert "partition 99" in idle.run("show", "99:0", wanted=1).stderr


def test_tail_shows_marks(idle):
    idle.put([("a", {})])
    idle.run("discard", idle.place("a"), "--by", "ann")
    shown = run("tail", "-c", idle.config, "--from", "beginning", "--no-follow", "dlq").stdout
    assert "dlq_by           ann" in shown and "(no value)" in shown
    mark = json.loads(run("tail", "-c", idle.config, "--from", "beginning", "--no-follow", "--json", "--header",
                          "dlq_action=discarded", "dlq").stdout)
    assert mark["value"] is None and mark["key"] == "1"


# ---- putting back ----


def test_a_redriven_command_keeps_its_token(letters, sandbox):
    """One with an id of its own, one that is known by its place; now they work."""
    without_id = post_comment(2, "second")
    die(letters, sandbox, [post_comment(1, "first", id="a"), (without_id, b"2", [("traceparent", "t-1"), ("h", "kept")])])
    ids = sorted(letters.ids())
    assert len(ids) == 2 and ids[0] == "a" and ids[1].startswith(letters.commands)
    place = letters.place(ids[1])
    done = letters.run("redrive", place, letters.place("a"), "--by", "ann")
    assert done.stdout.splitlines()[-1] == "redriven 2" and f"redriven {place} {ids[1]} to {letters.commands}" in done.stdout
    by_id = outcomes(letters, 4)
    assert all(by_id[id] == ["exhausted", "succeeded"] for id in ids), by_id
    tokens = collections.defaultdict(list)
    for entry in sandbox.journal(call="post_comment"):
        tokens[entry["params"]["message"]].append((entry["status"], entry["params"]["unique_temp_id"]))
    for message in ("first", "second"):
        (died, token), (worked, again) = tokens[message]
        assert (died, worked) == (500, 200) and token == again
    assert len({record.headers["command_id"] for record in letters.redriven()}) == 2
    back, = [r for r in letters.redriven() if r.headers["command_id"] == ids[1]]
    assert back.json() == without_id and back.key == b"2"
    assert back.headers == {"traceparent": "t-1", "h": "kept", "command_id": ids[1], "dlq_redrives": "1"}
    mark, = [r for r in letters.marks() if r.headers["dlq_handled"] == place]
    assert mark.value is None and mark.key == b"2" and f"{mark.partition}" == place.split(":")[0]
    assert set(mark.headers) == {"dlq_handled", "dlq_action", "dlq_by", "dlq_at"}
    assert mark.headers["dlq_action"] == "redriven" and mark.headers["dlq_by"] == "ann"
    assert letters.ls() == [] and {letter["handled"]["by"] for letter in letters.ls("--handled")} == {"ann"}
    assert "[redriven 20" in letters.run("ls", "--handled").stdout and len(letters.ls("--all")) == 2


def test_rooms_keep_their_order(letters, sandbox):
    """While new commands come; each room's are put back one behind the other."""
    die(letters, sandbox, [post_comment(i % 7, f"{i:03}", id=f"c-{i}") for i in range(140)])
    sandbox.call("DELETE", "/sandbox/journal")
    letters.bridge.commands([post_comment("new", "x", id=f"new-{i}") for i in range(50)])
    done = letters.run("redrive", "--all", "--status", "exhausted", "--command", "post_comment")
    assert done.stdout.splitlines()[-1] == "redriven 140"
    by_id = outcomes(letters, 140 + 140 + 50)
    assert all(by_id[f"c-{i}"] == ["exhausted", "succeeded"] for i in range(140))
    rooms = collections.defaultdict(list)
    for entry in sandbox.journal(call="post_comment"):
        rooms[entry["params"]["room_id"]].append(entry["params"]["message"])
    rooms.pop("new")
    assert len(rooms) == 7 and all(len(order) == 20 and order == sorted(order) for order in rooms.values())
    assert letters.ls() == [] and len(letters.marks()) == 140


def test_order_is_the_sources(idle):
    """Not the order in which they died; and they go where they stood, whatever their key."""
    idle.put([(f"c-{i}", {"source": f"{idle.commands}:{partition}:{offset}"})
              for i, (partition, offset) in enumerate([(1, 30), (1, 10), (3, 5), (1, 20), (9, 1)])])
    idle.run("redrive", "--all", "--limit", "4", "--yes")
    back = collections.defaultdict(list)
    for record in idle.redriven():
        back[record.partition].append(record.headers["command_id"])
    assert back == {1: ["c-1", "c-3", "c-0"], 3: ["c-2"]}
    assert idle.ids() == ["c-4"]
    idle.run("redrive", "--all", "--status", "exhausted")  # its partition is none of the topic's (any more): by its key
    last, = [r for r in idle.redriven() if r.headers["command_id"] == "c-4"]
    assert last.partition == idle.ls("--all")[0]["partition"], "where its key belongs, as in the dlq topic"


def test_without_a_source(idle):
    """It goes into the commands topic; and one whose topic is gone is refused, which stops no other."""
    idle.put([("a", {"source": None}), ("b", {"source": "no-such-topic:0:1"}), ("c", {"source": "nonsense"})])
    places = [idle.place("a"), idle.place("c")]
    if idle.bridge.broker.real:  # the embedded one makes any topic that it is asked about
        done = idle.run("redrive", "--all", "--yes", wanted=1)
        assert "no-such-topic" in done.stderr and done.stdout.splitlines()[-1] == "redriven 2, refused 1"
        assert idle.ids() == ["b"]
    else:
        idle.run("redrive", *places)
    assert sorted(r.headers["command_id"] for r in idle.redriven()) == ["a", "c"]


def test_what_dies_again_counts_until_it_is_refused(letters, sandbox):
    letters.bridge.commands([{"id": "bad", "command": "post_comment", "params": {"room_id": "1"}}])
    for redrives in range(3):
        letters.bridge.broker.read(letters.topic, lambda records, n=redrives: sum(
            "dlq_status" in r.headers for r in records) == n + 1)
        letter, = letters.ls()
        assert letter["redrives"] == redrives and letter["status"] == "rejected"
        place = f"{letter['partition']}:{letter['offset']}"
        if redrives == 2:
            break
        assert letters.run("redrive", place, "--max-redrives", "2").stdout.splitlines()[-1] == "redriven 1"
    for arguments in ([place], ["--all", "--status", "rejected"]):
        done = letters.run("redrive", *arguments, "--max-redrives", "2", wanted=1)
        assert "redriven 2 times and died again" in done.stderr and done.stdout == "redriven 0, refused 1\n"
    assert letters.place("bad") == place and len(letters.redriven()) == 2
    assert [r.headers["dlq_redrives"] for r in letters.redriven()] == ["1", "2"]
    assert letters.run("redrive", place, "--max-redrives", "3").stdout.splitlines()[-1] == "redriven 1"


def test_handled_ones_stay_handled(idle):
    idle.put([("a", {}), ("b", {})])
    place = idle.place("a")
    idle.run("redrive", place)
    done = idle.run("redrive", place, wanted=1)
    assert "redriven already" in done.stderr and "--again" in done.stderr
    assert "redriven already" in idle.run("discard", place, wanted=1).stderr
    assert idle.run("redrive", "--all", "--room", "1").stdout.splitlines()[-1] == "redriven 1"
    assert idle.run("redrive", "--all", "--room", "1").stdout == "redriven 0\n", "nothing to do is well"
    assert [r.headers["command_id"] for r in idle.redriven()] == ["a", "b"]
    idle.run("redrive", place, place, "--again")
    assert [r.headers["command_id"] for r in idle.redriven()] == ["a", "b", "a"]
    assert "no dead letter is there" in idle.run("redrive", "3:99", "--again", wanted=1).stderr


def test_discard(idle):
    idle.put([("a", {}), ("b", {"status": "expired"}), ("c", {"status": "expired"})])
    assert idle.run("discard", "--all", "--status", "expired").stdout.splitlines()[-1] == "discarded 2"
    assert idle.ids() == ["a"] and sorted(idle.ids("--handled")) == ["b", "c"]
    by = {(letter["handled"]["action"], letter["handled"]["by"]) for letter in idle.ls("--handled")}
    assert len(by) == 1 and by.pop()[0] == "discarded" and "@" in idle.ls("--handled")[0]["handled"]["by"]
    assert idle.run("discard", "--all", "--yes").stdout.splitlines()[-1] == "discarded 1"
    assert idle.ls() == [] and idle.redriven() == [] and len(idle.marks()) == 3


def test_a_dry_run_changes_nothing(idle):
    idle.put([("a", {}), ("b", {"redrives": "5"})])
    before = len(idle.bridge.dead_letters())
    done = idle.run("redrive", "--all", "--dry-run", wanted=1)
    assert f"would redrive {idle.place('a')} a to {idle.commands}" in done.stdout and "5 times" in done.stderr
    assert "would discard" in idle.run("discard", "--all", "--dry-run").stdout
    assert len(idle.bridge.dead_letters()) == before and idle.redriven() == [] and len(idle.ls()) == 2


def test_rate(idle):
    idle.put([(f"c-{i}", {}) for i in range(6)])
    began = time.monotonic()
    idle.run("redrive", "--all", "--yes", "--rate", "5/s")
    assert time.monotonic() - began >= 1.0, "six at five a second"
    assert len(idle.redriven()) == 6


def test_two_letters_of_one_command(idle):
    """As a bridge leaves them that was killed before it could commit. Put back once, both marked."""
    same = {"source": f"{idle.commands}:2:7"}
    idle.put([("a", same), ("b", {}), ("a", same)])
    done = idle.run("redrive", "--all", "--yes")
    assert "the same command as" in done.stdout and done.stdout.splitlines()[-1] == "redriven 3"
    assert sorted(r.headers["command_id"] for r in idle.redriven()) == ["a", "b"] and idle.ls() == []
    idle.put([("a", same)])
    idle.run("redrive", "--all", "--yes")  # a third one; the command was put back before
    assert len(idle.redriven()) == 2 and idle.ls() == []


def test_omitted_values(idle):
    """Read back from where the command stood; what is not there any more is refused."""
    command = post_comment(1, "x" * 3000, id="a")
    idle.bridge.command(command, headers=[("h", "kept"), ("dlq_redrives", "1")])
    source, = idle.bridge.broker.read(idle.commands, 1)
    omitted = {"value": None, "value_header": "omitted", "own": [], "redrives": "1"}
    at = f"{idle.commands}:{source.partition}"
    idle.put([("a", {**omitted, "source": f"{at}:{source.offset}"}), ("b", {**omitted, "source": f"{at}:99"}),
              ("other", {**omitted, "source": f"{at}:{source.offset}"}), ("d", {**omitted, "source": None})])
    done = idle.run("redrive", "--all", "--yes", wanted=1)
    assert done.stdout.splitlines()[-1] == "redriven 1, refused 3"
    reasons = done.stderr.splitlines()
    assert any("no offset 99" in reason for reason in reasons) and any("another command" in reason for reason in reasons)
    assert all("too large for a letter" in reason for reason in reasons)
    back, = [r for r in idle.redriven() if r.headers["dlq_redrives"] == "2"]
    assert back.json() == command and back.headers == {"h": "kept", "command_id": "a", "dlq_redrives": "2"}
    assert back.partition == source.partition and back.key == b"1"


def test_interrupted_it_tells_what_is_left(idle, tmp_path):
    idle.put([(f"c-{i}", {}) for i in range(50)])
    program = harness.Program("chatbridge", ["dlq", "-c", idle.config, "redrive", "--all", "--yes", "--rate", "10/s"], tmp_path)
    idle.bridge.broker.read(idle.commands, lambda records: len(records) >= 3)
    program.signal(signal.SIGINT)
    assert program.wait() == 1
    back = len(idle.redriven())
    assert program.out_path.read_text().splitlines()[-1] == f"redriven {back}, left {50 - back}"
    assert 3 <= back < 50 and len(idle.marks()) == back
    assert idle.run("redrive", "--all", "--yes").stdout.splitlines()[-1] == f"redriven {50 - back}"
    assert sorted(r.headers["command_id"] for r in idle.redriven()) == sorted(f"c-{i}" for i in range(50))


def test_many(idle):
    """A thousand, each once and marked, in seconds."""
    idle.put([(f"c-{i}", {"key": f"{i % 50}".encode()}) for i in range(1000)])
    assert idle.run("redrive", "--all", "--yes").stdout.splitlines()[-1] == "redriven 1000"
    assert [r.headers["command_id"] for r in idle.redriven()] == [f"c-{i}" for i in range(1000)], "all stood in one partition"
    assert idle.run("ls", "--count").stdout.split() == ["total", "0"]
    assert json.loads(idle.run("ls", "--count", "--handled", "--json").stdout)["total"] == 1000


def test_without_kafka(tmp_path):
    config = tmp_path / "c.ini"
    config.write_text("[kafka]\nbootstrap.servers = 127.0.0.1:1\n[app:a]\nbase.url = http://127.0.0.1:1\nsecret = s\n")
    for arguments in (["ls"], ["show", "0:1"], ["redrive", "0:1"], ["discard", "0:1"]):
        assert "Kafka does not answer" in run("dlq", "-c", str(config), "--timeout", "1s", *arguments, wanted=1).stderr
