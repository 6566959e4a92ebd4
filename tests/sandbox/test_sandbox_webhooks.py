# SPDX-License-Identifier: MIT
"""Webhooks: signature, order, tries, and what the sender can be made to do wrong."""
import hashlib
import hmac
import json

from chat_sandbox import DEMO, Receiver, running, wait_for


def sign(key, body):
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def test_signature():
    """The vector pins how a signature is made; the sandbox makes its own like that, of the raw bytes that it sends."""
    vector = ('{"payload":{"from":{"email":"user1@example.com","id":1,"id_str":"1","name":"User1"},"message":{"id":2,"id_str":"2",'
              '"payload":{},"text":"halo \\u003cb\\u003e \U0001F600","type":"text","unique_temp_id":"bq1664855587121",'
              '"unix_nano_timestamp":1664855588089051000},"room":{"id":3,"id_str":"3","options":"{}","type":"single"}},'
              '"type":"post_comment_mobile"}').encode()
    assert len(vector) == 343
    assert sign("YOUR_SIGNATURE_TOKEN", vector) == "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14"
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--signature-secret", "YOUR_SIGNATURE_TOKEN",
                                         "--auto-create") as sandbox:
        sandbox.post("halo <b> \U0001F600")
        headers, body = receiver.next()
        assert headers["QISCUS-SDK-SIGNATURE"] == sign("YOUR_SIGNATURE_TOKEN", body)


def test_room_by_room_in_order():
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        for number in range(60):
            sandbox.post(str(number), room=number % 3 + 1)
        bodies = [b["payload"] for b in receiver.take(60)]
        for room in (1, 2, 3):
            said = [int(b["message"]["text"]) for b in bodies if b["room"]["id"] == room]
            assert said == sorted(said) and len(said) == 20


def test_tries_again_in_order():
    """The first two tries fail: the comment is told at the third, and before the next one of its room."""
    with Receiver(lambda number, body: [500, None][number - 1] if number <= 2 else 200) as receiver, \
            running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        sandbox.post("one")
        sandbox.post("two")
        assert [b["payload"]["message"]["text"] for b in receiver.take(4)] == ["one", "one", "one", "two"]
        wait_for(lambda: sandbox.get("stats")["webhooks_delivered"] == 2, "two delivered")
        log = sandbox.get("deliveries")
        assert [(d["seq"], d["comment_id"], d["attempt"], d["status"]) for d in log["deliveries"]] == \
               [(1, 1, 1, 500), (2, 1, 2, None), (3, 1, 3, 200), (4, 2, 1, 200)]
        assert log["deliveries"][1]["error"] and log["deliveries"][0]["error"] is None
        assert all(d["app"] == "demo" and d["type"] == "post_comment_rest" and d["duration_ms"] > 0 for d in log["deliveries"])
        assert log["total"] == 4 and log["next"] == 4 and log["dropped"] == 0
        assert [d["seq"] for d in sandbox.get("deliveries?after=2&limit=1")["deliveries"]] == [3]
        assert sandbox.get("deliveries?app=other")["deliveries"] == []


def test_gives_up():
    with Receiver(lambda number, body: 503) as receiver, \
            running(*DEMO, "--webhook-url", receiver.url, "--webhook-tries", "2", "--auto-create") as sandbox:
        sandbox.post("one")
        stats = wait_for(lambda: (s := sandbox.get("stats"))["webhooks_given_up"] and s, "given up")
        assert receiver.count == 2 and stats["webhooks_pending"] == 0 and stats["webhooks_delivered"] == 0


def test_a_dead_receiver_does_not_hold_up_the_api():
    with Receiver() as receiver:
        url = receiver.url
    with running(*DEMO, "--webhook-url", url, "--auto-create") as sandbox:
        for number in range(200):
            assert sandbox.post(str(number), timeout=5).status == 200
        assert sandbox.get("stats")["comments"] == 200


def test_a_receiver_that_waits_does_not_hold_up_other_rooms():
    first = []

    def answer(number, body):
        room = json.loads(body)["payload"]["room"]["id"]
        if room == 1 and not first:
            first.append(True)
            return 500
        return 200
    with Receiver(answer) as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        sandbox.post("slow", room=1)
        for number in range(5):
            sandbox.post(str(number), room=2)
        rooms = [b["payload"]["room"]["id"] for b in receiver.take(7)]
        assert sorted(rooms) == [1, 1, 2, 2, 2, 2, 2]


def put(sandbox, **chances):
    answer = sandbox.control("PUT", "webhooks", chances)
    assert answer.status == 200
    return answer.json


def test_repeat():
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        assert put(sandbox, repeat=1) == {"repeat": 1.0, "disorder": 0.0, "drop": 0.0} == sandbox.get("webhooks")
        sandbox.post("one")
        sandbox.post("two")
        assert [b["payload"]["message"]["text"] for b in receiver.take(4)] == ["one", "one", "two", "two"]


def test_drop():
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        put(sandbox, drop=1)
        sandbox.post("one")
        put(sandbox)
        sandbox.post("two")
        assert receiver.take(1)[0]["payload"]["message"]["text"] == "two"
        assert sandbox.get("deliveries")["deliveries"][0]["error"] == "dropped as asked for"
        assert sandbox.get("stats")["webhooks_dropped"] == 1


def test_disorder():
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        put(sandbox, disorder=1)
        sandbox.post("one")
        put(sandbox)
        sandbox.post("two")
        assert [b["payload"]["message"]["text"] for b in receiver.take(2)] == ["two", "one"]


def test_disorder_of_the_last():
    """One that nothing overtakes comes late."""
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        put(sandbox, disorder=1)
        sandbox.post("one", room=1)
        put(sandbox)
        sandbox.post("elsewhere", room=2)
        assert [b["payload"]["message"]["text"] for b in receiver.take(2)] == ["elsewhere", "one"]


def test_disorder_at_the_end():
    """What is held when the sandbox ends does not keep it."""
    with Receiver() as receiver, running(*DEMO, "--webhook-url", receiver.url, "--auto-create") as sandbox:
        put(sandbox, disorder=1)
        sandbox.post("one")
        assert sandbox.get("stats")["webhooks_pending"] == 1


def test_chances_refused():
    with running() as sandbox:
        for wish, reason in (({"repeats": 1}, "repeats is not known here; repeat, disorder and drop are"),
                             ({"repeat": 1.5}, "repeat has to be a number from 0 to 1"),
                             ({"drop": "often"}, "drop has to be a number from 0 to 1")):
            answer = sandbox.control("PUT", "webhooks", wish)
            assert answer.status == 400 and answer.json["error"]["message"] == reason


def test_two_apps_two_receivers():
    with Receiver() as first, Receiver() as second, \
            running("--app", "one", "--secret", "1", "--webhook-url", first.url, "--app", "two", "--secret", "2",
                    "--webhook-url", second.url, "--auto-create") as sandbox:
        for secret in ("1", "2", "2"):
            sandbox.call("post_comment", secret=secret, sender_email="ann", room_id=1, message=secret)
        assert [b["payload"]["message"]["text"] for b in first.take(1)] == ["1"]
        assert [b["payload"]["message"]["text"] for b in second.take(2)] == ["2", "2"]
