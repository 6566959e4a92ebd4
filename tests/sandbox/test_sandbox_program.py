# SPDX-License-Identifier: MIT
"""chat-sandbox as a program: its options, its limits, its end."""
import http.client
import json
import signal
import socket
import subprocess

import pytest

from chat_sandbox import API, DEMO, PROGRAM, SECRET, SLOW, multipart, running, wait_for


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=20 * SLOW, check=False)


def test_help_names_every_option():
    result = run("--help")
    assert result.returncode == 0 and result.stderr == ""
    for option in ("listen", "app", "secret", "secret-file", "webhook-url", "signature-secret", "signature-secret-file", "seed",
                   "auto-create", "on-repeat", "webhook-form", "legacy", "webhook-tries", "journal-max", "job-ms", "public-url"):
        assert f"--{option}" in result.stdout


@pytest.mark.parametrize("options, reason", [
    ([], "at least one --app NAME is needed"),
    (["--secret", "x"], "--secret belongs to an app: --app NAME has to stand before it"),
    (["--app", "demo"], "--app demo needs a --secret or --secret-file"),
    (["--app", "demo", "--secret", ""], "--app demo needs a --secret or --secret-file"),
    (["--app", "a", "--secret", "x", "--app", "a", "--secret", "y"], "--app a: the name is empty or stands twice"),
    (["--app", "a", "--secret", "x", "--app", "b", "--secret", "x"], "--app b has the secret of another app"),
    (["--app", "a", "--secret-file", "/nonexistent"], "/nonexistent cannot be read: No such file or directory"),
    (DEMO + ["--on-repeat", "never"], "--on-repeat never: same or refuse is wanted"),
    (DEMO + ["--webhook-form", "2018"], "--webhook-form 2018: 2022 or 2017 is wanted"),
    (DEMO + ["--webhook-tries", "0"], "--webhook-tries 0: 1 to 100"),
    (DEMO + ["--journal-max", "-1"], "--journal-max -1: 1 to 100000000"),
    (DEMO + ["--job-ms", "soon"], "--job-ms soon: 0 to 3600000"),
    (DEMO + ["more"], "unexpected argument 'more'"),
    (DEMO + ["--colour"], "unrecognized option '--colour'"),
])
def test_usage(options, reason):
    result = run(*options)
    assert result.returncode == 2 and result.stdout == ""
    assert f"chat-sandbox: {reason}\n" in result.stderr


@pytest.mark.parametrize("seed, reason", [
    ("{", "not usable as JSON"),
    ("[]", "not a JSON object but an array"),
    ('{"users":[5]}', "users[0]: an object is wanted"),
    ('{"users":[{}]}', "users[0]: email is required"),
    ('{"users":[{"email":"a"},{"email":"a"}]}', "users[1]: email stands twice: a"),
    ('{"users":[{"email":"a","token":"t"},{"email":"b","token":"t"}]}', "users[1]: token stands twice"),
    ('{"users":[{"email":"a","created_at":"now"}]}', "users[0]: created_at has to be a time"),
    ('{"rooms":[{"name":"x","participants":["a"]}]}', "rooms[0]: there is no user a"),
    ('{"users":[{"email":"a"}],"rooms":[{"participants":["a"]}]}', "rooms[0]: a group needs a name"),
    ('{"users":[{"email":"a"}],"rooms":[{"type":"single","participants":["a"]}]}', "rooms[0]: a single room has two"),
    ('{"comments":[{"room_id":1,"sender_email":"a","message":"x"}]}', "comments[0]: there is no room 1"),
])
def test_seed_refused(tmp_path, seed, reason):
    (tmp_path / "seed.json").write_text(seed)
    result = run(*DEMO, "--seed", str(tmp_path / "seed.json"))
    assert result.returncode == 2 and reason in result.stderr


def test_secret_file(tmp_path):
    (tmp_path / "secret").write_text("from-a-file\n")
    with running("--app", "demo", "--secret-file", str(tmp_path / "secret"), "--auto-create") as sandbox:
        assert sandbox.post().status == 403
        assert sandbox.call("load_comments", secret="from-a-file", room_id=1).status == 200


def test_address_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}", *DEMO)
    assert result.returncode == 1 and result.stdout == "" and "chat-sandbox: " in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_well(number):
    with running() as sandbox:
        assert sandbox.post().status == 200
        assert sandbox.stop(number) == 0


def test_ends_with_everybody_answered():
    """What waits for a delayed answer gets it; what hangs is closed; connections at rest do not hold it up."""
    with running() as sandbox:
        sandbox.faults({"call": "post_comment", "latency_ms": 600000}, {"call": "load_comments", "hang": True})
        rest = socket.create_connection(("127.0.0.1", sandbox.port))
        waiting = [socket.create_connection(("127.0.0.1", sandbox.port)) for _ in range(2)]
        for peer, name in zip(waiting, ("post_comment", "load_comments")):
            body = "sender_email=ann&room_id=1&message=x"
            peer.sendall(f"POST {API}{name} HTTP/1.1\r\nHost: x\r\nQISCUS_SDK_SECRET: {SECRET}\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        wait_for(lambda: len(sandbox.journal()) == 2, "two requests in the journal")
        sandbox.stop()
        assert waiting[0].recv(100).startswith(b"HTTP/1.1 200 ")
        assert waiting[1].recv(100) == b"" and rest.recv(100) == b""
        for peer in (rest, *waiting):
            peer.close()


def test_file_limit():
    """4,000,000 bytes are taken, one more is refused, and so is a body that is far larger."""
    with running(*DEMO) as sandbox:
        rows = json.dumps([]).encode()
        assert sandbox.upload("users", "largest.json", rows + b" " * (4000000 - len(rows))).status == 200
        refused = sandbox.upload("users", "larger.json", rows + b" " * (4000001 - len(rows)))
        assert refused.status == 413
        assert refused.json["error"] == {"message": "file is larger than 4000000 bytes",
                                         "detailed_messages": ["file is larger than 4000000 bytes"]}
        refused = sandbox.upload("users", "far-larger.json", rows + b" " * 7000000)
        assert refused.status == 413 and refused.json["error"]["message"] == "the body is too large"
        assert [e["status"] for e in sandbox.journal("?call=create_import")] == [200, 413]


def test_public_url():
    with running(*DEMO, "--job-ms", "0", "--public-url", "https://chat.example.com") as sandbox:
        sandbox.call("exports", type="users", start_date="2026-01-01", end_date="2026-01-01")
        history, = wait_for(lambda: [h for h in sandbox.call("exports", "GET").json["results"]["backup_histories"]
                                     if h["status"] == "finished"], "a finished export")
        assert history["download_url"] == f"https://chat.example.com/downloads/{history['unique_id']}.json"


def test_many_connections():
    """256 connections at once, each used twice."""
    with running() as sandbox:
        peers = [http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=20 * SLOW) for _ in range(256)]
        for turn in range(2):
            for number, peer in enumerate(peers):
                peer.request("POST", API + "post_comment", f"sender_email=ann&room_id={number}&message=turn+{turn}",
                             {"QISCUS_SDK_SECRET": SECRET})
            for peer in peers:
                answer = peer.getresponse()
                assert answer.status == 200 and answer.read()
        stats = sandbox.get("stats")
        assert stats["comments"] == 512 and stats["connections_open"] == 257 and stats["connections_total"] == 257
        for peer in peers:
            peer.close()
        wait_for(lambda: sandbox.get("stats")["connections_open"] == 1, "the end of the connections")


def test_export_then_import_restores():
    """What one app exports, an empty one takes in, and exports again: the same rows."""
    options = ["--app", "demo", "--secret", SECRET, "--app", "empty", "--secret", "other", "--job-ms", "0"]
    with running(*options) as sandbox:
        for name in ("ann", "bob", "cat"):
            sandbox.call("login_or_register", email=f"{name}@example.com", username=name.title())
        sandbox.call("create_room", name="Ü, \"quoted\"", creator="ann@example.com", participants=["bob@example.com"])
        sandbox.call("get_or_create_room_with_target", "GET", emails=["bob@example.com", "cat@example.com"])
        sandbox.post("first \U0001F600", unique_temp_id="same")
        sandbox.post("in the other room", room=2, sender="cat@example.com", unique_temp_id="same")
        sandbox.post("an answer", type="reply", payload='{"text":"an answer","replied_comment_id":1}')
        sandbox.post("here", type="location",
                     payload='{"name":"n","address":"a","latitude":-6.2,"longitude":106.816667}')
        sandbox.call("post_system_event_message", system_event_type="add_member", room_id=1,
                     subject_email="ann@example.com", object_email=["cat@example.com"])

        def export(resource, secret):
            started = sandbox.call("exports", type=resource, secret=secret, start_date="2020-01-01", end_date="2099-12-31")
            path = "exports/" + started.json["results"]["unique_id"]

            def finished():
                job = sandbox.call(path, "GET", secret=secret).json["results"]["backup_history"]
                return job if job["status"] == "finished" else None
            job = wait_for(finished, "the end of the export")
            content = sandbox.send("GET", "/downloads/" + job["unique_id"] + ".json").body
            assert len(content) == job["size"] and len(json.loads(content)) == job["total_rows"]
            return content

        for resource, count in (("users", 3), ("rooms", 2), ("comments", 5)):
            content = export(resource, SECRET)
            assert sandbox.upload(resource, "f.json", content, secret="other").status == 200

            def imported():
                job = sandbox.call("imports", "GET", secret="other").json["results"]["backup_histories"][0]
                return job if job["status"] == "finished" else None
            job = wait_for(imported, "the end of the import")
            assert job["errors"] == {} and job["total_rows"] == count
            again = export(resource, "other")
            if resource == "comments":  # what the app itself says, each app says under its own name
                again = again.replace(b"system@empty.qiscus.com", b"system@demo.qiscus.com")
            assert again == content

        for room in (1, 2):
            first, second = (sandbox.call("load_comments", secret=s, room_id=room).json["results"]["comments"]
                             for s in (SECRET, "other"))
            assert [(c["message"], c.get("type"), c["timestamp"]) for c in first] == \
                   [(c["message"], c.get("type"), c["timestamp"]) for c in second]


def test_multipart_keeps_bytes():
    """What a file holds reaches the import as it is: CRLFs, dashes, bytes that are no UTF-8."""
    with running(*DEMO, "--job-ms", "0") as sandbox:
        content_type, body = multipart([("type", "users"), ("file", ("a \\\"b\\\".json", b"--a-boundar\r\n\xff\0\r\n"))])
        answer = sandbox.send("POST", API + "imports", body, {"QISCUS_SDK_SECRET": SECRET, "Content-Type": content_type})
        job = answer.json["results"]["backup_history"]
        assert job["size"] == 17 and job["original_filename"] == 'a "b".json'
