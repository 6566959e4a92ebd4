# SPDX-License-Identifier: MIT
"""What the calls do beyond one record each: an export's life, an import's, a room's, and what a setting changes."""
import json

from harness import APP, SECRET, wait_for


class Caller:
    """Sends one command after the other and answers with their outcomes."""

    def __init__(self, bridge):
        self.bridge, self.count = bridge, 0

    def __call__(self, command, status="succeeded", **params):
        self.count += 1
        id = f"call-{self.count}"
        self.bridge.command({"id": id, "command": command, "params": params})
        outcomes = self.bridge.results(lambda records: any(r.json()["id"] == id for r in records))
        outcome, = [o for o in map(lambda r: r.json(), outcomes) if o["id"] == id]
        assert outcome["status"] == status, outcome
        return outcome


def direct(sandbox, method, path):
    """The same answer without the bridge."""
    return sandbox.call(method, f"/api/v2/rest/{path}", headers={"QISCUS_SDK_SECRET": SECRET})["results"]


def test_the_life_of_an_export(bridge, sandbox):
    call = Caller(bridge)
    created = call("create_export", type="users", start_date="2017-01-01", end_date="2017-01-31")["results"]
    id = created["unique_id"]
    wait_for(lambda: direct(sandbox, "GET", f"exports/{id}")["backup_history"]["status"] == "finished", 10, "the export")
    got = call("get_export", backup_unique_id=id)["results"]
    assert got == direct(sandbox, "GET", f"exports/{id}") and got["backup_history"]["unique_id"] == id
    assert call("list_exports")["results"] == direct(sandbox, "GET", "exports")
    assert call("delete_export", backup_unique_id=id)["results"]["backup_history"]["unique_id"] == id
    assert call("list_exports", page=1)["results"] == {"backup_histories": []}
    assert call("get_export", "rejected", backup_unique_id=id)["http_status"] == 404


def test_the_life_of_an_import(bridge, sandbox):
    call = Caller(bridge)
    row = {"Email": "hal@example.com", "Name": "Hal É \" \\ \u2028", "AvatarUrl": "", "AuthenticationToken": "t", "Password": "p",
           "CreateAt": "2017-05-10T11:46:30Z"}
    created = call("create_import", type="users", rows=[row])["results"]["backup_history"]
    assert created["size"] == len(json.dumps([row], ensure_ascii=False, separators=(",", ":")).encode())
    wait_for(lambda: direct(sandbox, "GET", "imports")["backup_histories"][0]["status"] == "finished", 10, "the import")
    job, = call("list_imports")["results"]["backup_histories"]
    assert job["errors"] == {} and job["total_rows"] == 1
    login = call("login_or_register", email="hal@example.com", username=row["Name"])
    assert login["results"]["user"]["username"] == row["Name"]


def test_a_large_import_goes_whole(bridge, sandbox):
    rows = [{"Email": f"user-{i}@example.com", "Name": "é" * 100, "Token": 9007199254740993} for i in range(1000)]
    text = json.dumps(rows, ensure_ascii=False)
    assert len(text.encode()) > 250_000
    assert Caller(bridge)("create_import", type="users", file=text)["results"]["backup_history"]["size"] == len(text.encode())


def test_a_room_and_who_takes_part(bridge, sandbox):
    call = Caller(bridge)
    room = call("create_room", name="a room", participants=["ann@example.com"], creator="bot@example.com")["results"]["room_id"]
    call("add_room_participants", room_id=room, emails=["bob@example.com", "carl@example.com"])
    left = call("remove_room_participants", room_id=str(room), emails=["bob@example.com"])["results"]["participants"]
    assert sorted(left) == ["ann@example.com", "bot@example.com", "carl@example.com"]
    call("post_comment", sender_email="ann@example.com", room_id=room, message="one")
    info, = call("get_rooms_info", room_id=[room], user_email="ann@example.com")["results"]["rooms_info"]
    assert info["last_comment_message"] == "one"
    comments = call("load_comments", room_id=room, limit=1)["results"]["comments"]
    assert [c["message"] for c in comments] == ["one"]
    first = call("get_or_create_room_with_target", emails=["ann@example.com", "bob@example.com"])["results"]["room"]
    again = call("get_or_create_room_with_target", emails=["ann@example.com", "bob@example.com"])["results"]["room"]
    assert first["id"] == again["id"] != room


def test_load_comments_by_get(make_bridge, sandbox):
    bridge = make_bridge(sandbox, **{f"app:{APP}": {"load_comments.method": "GET"}}).start()
    Caller(bridge)("load_comments", room_id=1, page="2", limit=5)
    entry, = sandbox.journal(call="load_comments")
    assert (entry["method"], entry["encoding"]) == ("GET", "query")
    assert entry["params"] == {"room_id": "1", "page": "2", "limit": "5"}


def test_a_password_is_never_logged(make_bridge, sandbox):
    bridge = make_bridge(sandbox, bridge={"log.level": "debug"}).start()
    call = Caller(bridge)
    secret = "hunter2-\u00e9-never-logged"
    call("login_or_register", email="a@example.com", username="A", password=secret)
    call("login_or_register", "rejected", email="a@example.com", password=secret)
    sandbox.faults({"call": "login_or_register", "status": 400, "times": 1}, {"call": "login_or_register", "reset": "after"})
    call("login_or_register", "rejected", email="a@example.com", username="A", password=secret)
    call("login_or_register", "unknown", email="a@example.com", username="A", password=secret)
    assert "hunter2" not in bridge.program.log() and "call-4" in bridge.program.log()
    assert not any("hunter2" in r.value.decode() for r in bridge.broker.read_all(bridge.topics["results"]))
