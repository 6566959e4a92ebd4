# SPDX-License-Identifier: MIT
"""The journal, the client's door, the numbers and the help."""
import http.client
import json

from chat_sandbox import API, DEMO, SECRET, differences, multipart, running, wait_for


def test_journal_entry():
    with running() as sandbox:
        sandbox.post("hello", unique_temp_id="t1")
        listed = sandbox.get("journal")
        assert not differences({
            "entries": [{
                "seq": 1, "time": "<time ms>", "app": "demo", "method": "POST", "path": API + "post_comment", "call": "post_comment",
                "encoding": "form",
                "params": {"sender_email": "ann@example.com", "room_id": "1", "message": "hello", "unique_temp_id": "t1"},
                "connection": 1, "status": 200, "effect": True, "fault": None, "comment_id": 1}],
            "next": 1, "matched": 1, "total": 1, "dropped": 0}, listed)


def test_journal_params_of_each_encoding():
    with running() as sandbox:
        head = {"QISCUS_SDK_SECRET": SECRET}
        path = API + "add_room_participants"
        sandbox.call("add_room_participants", room_id=1, emails=["a", "b"])
        sandbox.send("POST", path, '{"room_id":1,"emails":["a"],"x":{"y":null}}', {**head, "Content-Type": "application/json"})
        content_type, body = multipart([("room_id", "1"), ("emails[]", "a"), ("f", ("n", b"\xff\0"))])
        sandbox.send("POST", path, body, {**head, "Content-Type": content_type})
        sandbox.call("load_comments", "GET", room_id=1)
        sandbox.send("POST", path + "?room_id=1", "emails=a", {**head, "Content-Type": "application/x-www-form-urlencoded"})
        assert [(e["encoding"], e["params"], e["status"]) for e in sandbox.journal()] == [
            ("form", {"room_id": "1", "emails": ["a", "b"]}, 200),
            ("json", {"room_id": 1, "emails": ["a"], "x": {"y": None}}, 200),
            ("multipart", {"room_id": "1", "emails": ["a"], "f": {"filename": "n", "size": 2}}, 200),
            ("query", {"room_id": "1"}, 200),
            ("form", {"room_id": "1", "emails": "a"}, 200)]


def test_journal_of_refused_requests():
    with running(*DEMO) as sandbox:
        sandbox.call("load_comments", secret="wrong", room_id=1)
        sandbox.call("load_comments", room_id=1)
        sandbox.call("nothing")
        sandbox.send("POST", API + "post_comment", "a=%", {"QISCUS_SDK_SECRET": SECRET})
        assert [(e["app"], e["call"], e["status"], e["effect"], e["params"] is None) for e in sandbox.journal()] == [
            (None, "load_comments", 403, False, False), ("demo", "load_comments", 404, False, False),
            ("demo", None, 404, False, False), ("demo", "post_comment", 400, False, True)]


def test_journal_hides_passwords():
    with running() as sandbox:
        sandbox.call("login_or_register", email="a", username="A", password="hunter2")
        answer = sandbox.control("GET", "journal")
        assert answer.json["entries"][0]["params"]["password"] == "***" and b"hunter2" not in answer.body
        assert "hunter2" not in sandbox.log()


def test_journal_effect_of_a_repeat():
    with running() as sandbox:
        for _ in range(2):
            sandbox.post("once", unique_temp_id="t")
        assert [(e["effect"], e["comment_id"]) for e in sandbox.journal()] == [(True, 1), (False, 1)]


def test_journal_filters():
    with running("--app", "a", "--secret", "1", "--app", "b", "--secret", "2", "--auto-create") as sandbox:
        for secret, room in (("1", 1), ("2", 1), ("1", 2), ("1", 1)):
            sandbox.call("post_comment", secret=secret, sender_email="x", room_id=room, message="m")
        sandbox.call("load_comments", "GET", secret="1", room_id=1)

        def seqs(query):
            listed = sandbox.get("journal" + query)
            return [e["seq"] for e in listed["entries"]], listed["next"], listed["matched"]
        assert seqs("?app=a") == ([1, 3, 4, 5], 5, 4)
        assert seqs("?app=b") == ([2], 5, 1)
        assert seqs("?call=post_comment&room=1&app=a") == ([1, 4], 5, 2)
        assert seqs("?limit=2") == ([1, 2], 2, 5)
        assert seqs("?after=2&limit=2") == ([3, 4], 4, 3)
        assert seqs("?after=4") == ([5], 5, 1)
        assert seqs("?after=5") == ([], 5, 0)
        assert seqs("?app=b&after=2") == ([], 5, 0)
        assert sandbox.control("GET", "journal?limit=none").status == 400
        assert sandbox.control("GET", "journal?after=none").status == 400


def test_journal_emptied_numbers_go_on():
    with running() as sandbox:
        sandbox.post()
        assert sandbox.control("DELETE", "journal").status == 200
        assert sandbox.get("journal") == {"entries": [], "next": 1, "matched": 0, "total": 0, "dropped": 0}
        sandbox.post()
        listed = sandbox.get("journal")
        assert [e["seq"] for e in listed["entries"]] == [2] and listed["total"] == 1


def test_journal_bounded():
    with running(*DEMO, "--auto-create", "--journal-max", "3") as sandbox:
        for number in range(5):
            sandbox.post(str(number))
        listed = sandbox.get("journal")
        assert [e["params"]["message"] for e in listed["entries"]] == ["2", "3", "4"]
        assert (listed["total"], listed["dropped"], listed["next"]) == (5, 2, 5)


def test_journal_tells_connections():
    with running() as sandbox:
        kept = http.client.HTTPConnection("127.0.0.1", sandbox.port)
        for _ in range(2):
            kept.request("POST", API + "load_comments", "room_id=1", {"QISCUS_SDK_SECRET": SECRET})
            kept.getresponse().read()
        sandbox.post()
        kept.close()
        assert [e["connection"] for e in sandbox.journal()] == [1, 1, 2]


def test_client_comments():
    with running("--app", "a", "--secret", "1", "--app", "b", "--secret", "2", "--auto-create") as sandbox:
        wish = {"app": "b", "sender_email": "ann@example.com", "room_id": 1, "message": "hi", "unique_temp_id": "t"}
        answer = sandbox.control("POST", "client/comments", wish)
        assert answer.status == 200 and answer.json["results"]["comment"]["unique_temp_id"] == "t"
        assert sandbox.call("load_comments", secret="2", room_id=1).json["results"]["comments"][0]["message"] == "hi"
        assert sandbox.call("load_comments", secret="1", room_id=1).json["results"]["comments"] == []
        for app in ({}, {"app": "c"}):
            refused = sandbox.control("POST", "client/comments", {**wish, "app": None, **app})
            assert refused.status == 400 and refused.json["error"]["message"] == "app has to name one of the sandbox's apps"
        refused = sandbox.control("POST", "client/comments", {"app": "a", "room_id": 1})
        assert refused.status == 400
        assert refused.json["error"]["detailed_messages"] == ["sender_email is required"]
        assert len(sandbox.journal()) == 2, "it is no request to the API"


def test_stats():
    with running() as sandbox:
        sandbox.post()
        sandbox.post(room=2, sender="bob@example.com")
        wait_for(lambda: sandbox.get("stats")["connections_open"] == 1, "the end of the other connections")
        stats = sandbox.get("stats")
        asked = stats["requests"]  # it was looked at more than once
        assert stats == {
            "connections_open": stats["connections_open"], "connections_total": asked, "requests": asked, "requests_hanging": 0, "journal_total": 2, "users": 2,
            "rooms": 2, "comments": 2, "webhooks_pending": 0, "webhooks_delivered": 0, "webhooks_given_up": 0, "webhooks_dropped": 0}


def test_help_and_unknown_paths():
    with running() as sandbox:
        text = sandbox.send("GET", "/sandbox/").body.decode()
        for path in ("journal", "faults", "client/comments", "deliveries", "webhooks", "stats"):
            assert f"/sandbox/{path}\n" in text
        answer = sandbox.control("GET", "nothing")
        assert answer.status == 404 and "GET /sandbox/" in answer.json["error"]["message"]
        answer = sandbox.control("POST", "faults", {})
        assert answer.status == 405 and answer.headers["Allow"] == "GET, PUT, DELETE"
        answer = sandbox.send("PUT", "/sandbox/faults", "{", {"Content-Type": "application/json"})
        assert answer.status == 400
        assert json.loads(answer.body)["error"]["message"].startswith("the body is not JSON")
