# SPDX-License-Identifier: MIT
"""Requests that are broken in every way still get an answer, and the sandbox lives on."""
import http.client
import random

import pytest

from chat_sandbox import API, DEMO, SECRET, SLOW, multipart, running

RIGHT = {
    "application/x-www-form-urlencoded": b"sender_email=ann%40example.com&room_id=1&message=hello&emails[]=a&emails[]=b&payload=%7B%22a%22%3A1%7D",
    "application/json": b'{"sender_email":"ann@example.com","room_id":1,"message":"hello","emails":["a","b"],"payload":{"a":[1.5,null]}}',
}
CALLS = ["create_room", "get_rooms_info", "add_room_participants", "post_comment", "load_comments", "login_or_register",
         "post_system_event_message", "exports", "imports", "nothing"]


def mutated(rng, body):
    body = bytearray(body)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(body) + 1)
        change = rng.randrange(4)
        if change == 0:
            body[at:at] = rng.choice([b"%", b"%00", b"\xff", b"\0", b"[]", b"&", b"=", b'"', b"\r\n", b"--", b"{", b"\xe2\x82"])
        elif change == 1:
            del body[at:at + rng.randint(1, 8)]
        elif change == 2 and at < len(body):
            body[at] = rng.randrange(256)
        else:
            body[at:at] = body[:rng.randrange(len(body) + 1)][:200]
    return bytes(body)


@pytest.mark.parametrize("seed", range(4))
def test_garbage(seed):
    rng = random.Random(seed)
    kind, right = multipart([("type", "users"), ("room_id", "1"), ("file", ("f.json", b'[{"Email":"a"}]'))])
    bodies = [*RIGHT.items(), (kind, right)]
    with running(*DEMO, "--auto-create", "--job-ms", "0") as sandbox:
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=20 * SLOW)
        for _ in range(500):
            content_type, body = rng.choice(bodies)
            connection.request("POST", API + rng.choice(CALLS), mutated(rng, body),
                               {"QISCUS_SDK_SECRET": SECRET, "Content-Type": content_type})
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (200, 400, 404, 405, 413, 415, 422)
        connection.close()
        assert sandbox.get("journal")["total"] == 500


@pytest.mark.parametrize("cut", range(90, 104))
def test_text_cut_in_a_character(cut):
    """An error names what was sent, cut short; a character that is cut in two does not break the answer."""
    with running(*DEMO) as sandbox:
        answer = sandbox.post(type="x" * cut + "\u20ac" * 50)
        assert answer.status == 400 and answer.json["error"]["message"].startswith("type is not one of those")
        answer = sandbox.post(sender="x" * (cut + 100) + "\u20ac" * 50)
        assert answer.status == 404 and answer.json["error"]["message"].startswith("there is no user xxx")
