# SPDX-License-Identifier: MIT
"""The command line: what a person or a script types, and what comes back."""
import json
import re
import signal
import socket
import subprocess

import pytest

import harness
from harness import post_comment

COMMANDS = ["run", "check", "settings", "topics", "dev", "send", "tail", "dlq"]


def run(*arguments, input=None, env=None, wanted=0):
    done = subprocess.run([harness.BUILD / "chatbridge", *arguments], input=input, capture_output=True, text=True,
                          env={**harness.clean_environment(), **(env or {})}, timeout=60 * harness.SLOW, check=False)
    assert done.returncode == wanted, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def start_dev(folder):
    """`chatbridge dev` on free ports: the program, and the places of the README as they are here."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    kafka, sandbox, listen = (f"127.0.0.1:{s.getsockname()[1]}" for s in sockets)
    for each in sockets:
        each.close()
    config = str(folder / "dev.ini")
    dev = harness.Program("chatbridge", ["dev", "--kafka", kafka, "--sandbox", sandbox, "--listen", listen,
                                         "--output", config], folder)
    dev.first_line("Everything runs", 40)
    return dev, {"127.0.0.1:9092": kafka, "127.0.0.1:9300": sandbox, "127.0.0.1:8080": listen,
                 "build/dev.ini": config, "build/sample.ini": str(folder / "sample.ini"),
                 "build/chatbridge": str(harness.BUILD / "chatbridge")}


# ---- help and usage ----


def test_help_names_every_command():
    text = run("--help").stdout
    assert re.findall(r"^  ([a-z]+) ", text, re.M) == COMMANDS
    assert run("--version").stdout.startswith("chatbridge 0.")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each(command):
    text = run(command, "--help").stdout
    assert text.startswith(f"usage: chatbridge {command}") and "--help" in text


@pytest.mark.parametrize("arguments", [
    [], ["shout"], ["run", "--shout"], ["run", "extra"], ["check", "extra"], ["settings", "extra"], ["send"],
    ["send", "post_comment", "nothing"], ["send", "post_comment", "a:=nonsense"], ["send", "-", "more"],
    ["send", "post_comment", "--header", "nothing"], ["send", "post_comment", "--wait", "soon"], ["tail", "shout"],
    ["tail", "--from", "nowhere"], ["tail", "--count", "-1"], ["tail", "--header", "x"], ["dev", "--listen", "nonsense"],
    ["topics"], ["topics", "shout"],
    ["dlq"], ["dlq", "shout"], ["dlq", "ls", "0:1"], ["dlq", "ls", "--yes"], ["dlq", "ls", "--all", "--handled"],
    ["dlq", "ls", "--status", "well"], ["dlq", "ls", "--since", "soon"], ["dlq", "ls", "--limit", "0"], ["dlq", "show"],
    ["dlq", "show", "0:1", "0:2"], ["dlq", "show", "0-1"], ["dlq", "show", "0:1", "--rate", "1/s"], ["dlq", "redrive"],
    ["dlq", "redrive", "--all"], ["dlq", "redrive", "0:1", "--all"], ["dlq", "redrive", "0:1", "--room", "1"],
    ["dlq", "redrive", "0:1", "--rate", "quick"], ["dlq", "redrive", "0:-1"], ["dlq", "redrive", "0:1", "--max-redrives", "x"],
    ["dlq", "discard", "--all"], ["dlq", "discard", "0:1", "--rate", "1/s"], ["dlq", "discard", "0:1", "--by", ""],
], ids=lambda a: " ".join(a) or "nothing")
def test_wrong_usage(arguments):
    done = run(*arguments, env={"CHATBRIDGE_APPS": "a", "CHATBRIDGE_APP_A__SECRET": "s",
                                "CHATBRIDGE_APP_A__BASE_URL": "http://127.0.0.1:1"}, wanted=2)
    assert done.stderr


# ---- check and settings ----


def test_check_tells_everything_at_once(tmp_path):
    config = tmp_path / "bad.ini"
    config.write_text("[bridge]\nroles = both\n[inbound]\nlisten = here\nbody.max = 1TB\nbdoy.max = 1MiB\n"
                      "[kafka]\nacks = 1\nno.such.thing = 1\n[shout]\n[topics]\nevents = a b\nresults = chat.events\n"
                      "[app:demo]\nbase.url = ftp://x\n")
    errors = run("check", "-c", str(config), wanted=2).stderr.strip().split("\n")
    lines = [int(re.match(rf"{re.escape(str(config))}:(\d+): ", error).group(1)) for error in errors]
    assert lines == sorted(lines)
    assert set(lines) >= {2, 4, 5, 6, 8, 9, 10, 12, 15}, errors
    assert any("is it body.max?" in error for error in errors)
    assert any("secret" in error for error in errors)
    assert run("run", "-c", str(config), wanted=2).stderr.strip().split("\n") == errors


def test_check_without_a_file(tmp_path):
    assert "there is no app" in run("check", wanted=2).stderr
    assert "cannot be read" in run("check", "-c", str(tmp_path / "none.ini"), wanted=2).stderr
    env = {"CHATBRIDGE_APPS": "my-app", "CHATBRIDGE_APP_MY_APP__BASE_URL": "https://my-app.qiscus.com",
           "CHATBRIDGE_APP_MY_APP__SECRET": "s3cret", "CHATBRIDGE_KAFKA__BOOTSTRAP_SERVERS": "kafka:9092"}
    text = run("check", env=env).stdout
    assert "kafka:9092" in text and "/webhooks/my-app" in text and "s3cret" not in text and text.endswith("ok\n")
    assert "no such setting" in run("check", env={**env, "CHATBRIDGE_INBOUND__SHOUT": "1"}, wanted=2).stderr


def test_the_sample_is_a_good_start(tmp_path):
    """With what is needed filled in it is well, and so it is with every commented line as a line."""
    sample = run("settings").stdout
    filled = sample.replace("base.url =", "base.url = https://my-app.qiscus.com", 1).replace("\nsecret =", "\nsecret = s", 1)
    config = tmp_path / "sample.ini"
    config.write_text(filled)
    run("check", "-c", str(config))
    assert len(re.findall(r"^#? ?[a-z._]+ =", sample, re.M)) > 30


# ---- send and tail ----


def test_send_dry_run():
    text = run("send", "--dry-run", "--id", "i", "--app", "a", "post_comment", "room_id=1", "n:={\"a\":1.5}", "l[]=x",
               "l[]=y", "text=a=b").stdout
    assert json.loads(text) == {"command": "post_comment", "id": "i", "app": "a",
                                "params": {"room_id": "1", "n": {"a": 1.5}, "l": ["x", "y"], "text": "a=b"}}


def test_send_and_wait(pair):
    bridge, sandbox = pair
    config = str(bridge.write())
    done = run("send", "-c", config, "--wait", "20s", "--header", "traceparent=t-1", "post_comment", "room_id=7",
               "sender_email=a@example.com", "message=Hello")
    outcome = json.loads(done.stdout.split("\n")[1])
    assert outcome["status"] == "succeeded" and outcome["room"] == "7"
    assert sandbox.comments("7")[0]["message"] == "Hello"
    record = [r for r in bridge.results(1) if r.json()["id"] == outcome["id"]][0]
    assert record.key == b"7" and record.headers["traceparent"] == "t-1"
    done = run("send", "-c", config, "--wait", "20s", "post_comment", "room_id=7", wanted=1)
    assert "sender_email is required" in done.stdout


def test_send_lines(pair):
    bridge, _ = pair
    config = str(bridge.write())
    before = len(bridge.broker.read_all(bridge.topics["commands"]))
    lines = "".join(json.dumps(post_comment(i, "x", id=f"line-{i}")) + "\n" for i in range(500))
    done = run("send", "-c", config, "-", input=lines + "\n")
    assert "sent 500 commands" in done.stdout
    records = bridge.broker.read_all(bridge.topics["commands"])[before:]
    assert len(records) == 500
    bad = run("send", "-c", config, "-", input='{"command":"x"}\nnonsense\n{"command":"y"}\n', wanted=1)
    assert "line 2 is not sent" in bad.stderr and "sent 1 commands" in bad.stdout


def test_send_without_kafka(tmp_path):
    config = tmp_path / "c.ini"
    config.write_text("[kafka]\nbootstrap.servers = 127.0.0.1:1\n[app:a]\nbase.url = http://127.0.0.1:1\nsecret = s\n")
    done = run("send", "-c", str(config), "--timeout", "1s", "post_comment", "room_id=1", wanted=1)
    assert "is not in Kafka" in done.stderr
    assert "not sent" in run("send", "-c", str(config), "--wait", "1s", "post_comment", "room_id=1", wanted=1).stderr
    assert "Kafka does not answer" in run("tail", "-c", str(config), wanted=1).stderr


def test_tail(make_bridge, broker):
    bridge = make_bridge(bridge={"roles": "inbound"})
    config = str(bridge.write())
    broker.produce(bridge.topics["events"], [
        (b"1", b'{"n":1}', [("h", b"a")]), (b"1", b"text \x1b[2J", [("h", b"b")]), (b"1", b"\xff\xfe", None), (None, None)])
    broker.read(bridge.topics["events"], 4)

    def tail(*arguments, wanted=0):
        return run("tail", "-c", config, "--from", "beginning", *arguments, wanted=wanted).stdout

    rows = [json.loads(line) for line in tail("events", "--no-follow", "--json").splitlines()]
    assert len(rows) == 4
    assert {"topic", "partition", "offset", "time", "key", "headers", "value"} == set(rows[0])
    values = [row["value"] for row in sorted(rows, key=lambda r: (r["key"] is None, r["offset"]))]
    assert values == [{"n": 1}, "text \x1b[2J", {"base64": "//4="}, None]
    assert [json.loads(line)["offset"] for line in tail("events", "--no-follow", "--json", "--key", "1").splitlines()] == [0, 1, 2]
    assert len(tail("events", "--no-follow", "--json", "--header", "h=b").splitlines()) == 1
    assert len(tail("events", "--json", "--count", "2").splitlines()) == 2
    shown = tail("events", "--no-follow")
    assert "text ?[2J" in shown and "  ??\n" in shown and "\x1b" not in shown
    last = [json.loads(line) for line in run("tail", "-c", config, "--from", "-1", "--no-follow", "--json", "events").stdout.splitlines()]
    assert {(r["partition"], r["offset"]) for r in last} == {
        (p, max(r["offset"] for r in rows if r["partition"] == p)) for p in {r["partition"] for r in rows}}
    assert "nothing came in" in run("tail", "-c", config, "--timeout", "300ms", "results", wanted=1).stderr


def test_tail_follows(make_bridge, broker, tmp_path):
    bridge = make_bridge(bridge={"roles": "inbound"})
    follower = harness.Program("chatbridge", ["tail", "-c", str(bridge.write()), "--json", "--from", "beginning", "events"], tmp_path)
    broker.produce(bridge.topics["events"], [(b"1", b'"first"')])
    follower.first_line('"first"')
    broker.produce(bridge.topics["events"], [(b"2", b'"second"')])
    follower.first_line('"second"')
    follower.signal(signal.SIGINT)
    assert follower.wait() == 0


# ---- dev ----


def test_dev_starts_and_stops(tmp_path):
    dev, _ = start_dev(tmp_path)
    # What it tells one to type works.
    guide = dev.out_path.read_text().split("In another terminal:\n")[1]
    commands = re.sub(r"^ *#.*\n", "", guide, flags=re.M).replace("\\\n", " ").strip().split("\n")
    assert len(commands) == 4
    for command in sorted(commands, key=lambda c: " tail " in c):
        if " tail " in command:
            command += " --from beginning --count 1 --timeout 10s"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=harness.clean_environment(),
                              timeout=60 * harness.SLOW, check=False)
        assert done.returncode == 0 and '"error"' not in done.stdout, (command, done.stdout, done.stderr)
    assert (tmp_path / "dev.ini").stat().st_mode & 0o777 == 0o600
    dev.signal(signal.SIGINT)
    assert dev.wait() == 0


def test_dev_says_what_is_in_the_way(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run("dev", "--kafka", address, wanted=1)
        assert "cannot listen" in done.stderr and "chat-devbroker" in done.stderr
