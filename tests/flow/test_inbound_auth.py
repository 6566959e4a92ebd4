# SPDX-License-Identifier: MIT
"""Who may send webhooks: signatures over the raw bytes, and the addresses they come from."""
import base64
import hashlib
import hmac

import pytest

import expect
from harness import APP, TOKEN, comment_webhook

JSON = {"Content-Type": "application/json"}
SECRET = "YOUR_SIGNATURE_TOKEN"
VECTOR = (expect.CASES / "webhooks" / "signature-vector" / "body").read_bytes()
VECTOR_SIGNATURE = "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14"


def sign(body, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def signed(body, secret=SECRET, header="QISCUS-SDK-SIGNATURE"):
    return {**JSON, header: sign(body, secret).hex()}


@pytest.fixture
def start(make_bridge):
    def start(inbound=None, **app):
        settings = {key.replace("_", "."): value for key, value in app.items()}
        return make_bridge(bridge={"roles": "inbound"}, inbound=inbound or {}, **{f"app:{APP}": settings}).start(
            outbound=False)
    return start


def assert_refused(answer, status, word):
    got, headers, body = answer
    assert (got, body["status"]) == (status, status) and word in body["detail"]
    assert headers["Content-Type"] == "application/problem+json"
    assert (headers["WWW-Authenticate"] is not None) == (status == 401)
    assert SECRET not in str(body)


# ---- signatures ----


def test_the_platforms_vector(start):
    bridge = start(signature="required", signature_secret=SECRET)
    assert len(VECTOR) == 343 and sign(VECTOR).hex() == VECTOR_SIGNATURE
    assert bridge.webhook(VECTOR, headers={**JSON, "QISCUS-SDK-SIGNATURE": VECTOR_SIGNATURE})[0] == 200
    assert bridge.webhook(VECTOR, headers={**JSON, "qiscus-sdk-signature": VECTOR_SIGNATURE.upper()})[0] == 200
    values = [record.value for record in bridge.broker.read(bridge.topics["events"], 2)]
    assert values == [VECTOR, VECTOR]


def test_required(start):
    bridge = start(signature="required", signature_secret=SECRET)
    body = comment_webhook(1, 1)
    assert_refused(bridge.webhook(body), 401, "missing")
    assert_refused(bridge.webhook(body, headers=signed(body, "another")), 401, "wrong")
    assert_refused(bridge.webhook(body, headers=signed(comment_webhook(1, 2))), 401, "wrong")
    assert_refused(bridge.webhook(body + b" ", headers=signed(body)), 401, "wrong")
    assert_refused(bridge.webhook(body, headers={**JSON, "QISCUS-SDK-SIGNATURE": ""}), 401, "wrong")
    assert_refused(bridge.webhook(b"not json", headers=JSON), 401, "missing")
    assert_refused(bridge.webhook(b"not json", headers=signed(body)), 401, "wrong")
    assert bridge.webhook(body, headers=signed(body))[0] == 200
    assert bridge.webhook(b"not json", headers=signed(b"not json"))[2]["status"] == "rejected"
    assert len(bridge.broker.read_all(bridge.topics["events"])) == 1
    assert len(bridge.broker.read_all(bridge.topics["rejected"])) == 1
    assert SECRET not in bridge.program.log() and sign(body).hex() not in bridge.program.log()


def test_the_token_comes_first(start):
    bridge = start(signature="required", signature_secret=SECRET)
    body = comment_webhook(1, 1)
    assert_refused(bridge.webhook(body, f"/webhooks/{APP}/wrong", headers=signed(body)), 401, "token")
    assert_refused(bridge.webhook(body, f"/webhooks/{APP}/{TOKEN}", headers=signed(body, "another")), 401, "signature")


def test_a_large_unsigned_body_is_not_waited_for(start):
    bridge = start(signature="required", signature_secret=SECRET)
    answer = bridge.raw(f"POST /webhooks/{APP}/{TOKEN} HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\n"
                        "Content-Length: 1000000\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 401 ") and b"100 Continue" not in answer


def test_optional_is_the_default(start):
    bridge = start(signature_secret=SECRET)
    body = comment_webhook(1, 1)
    assert bridge.webhook(body)[0] == 200
    assert bridge.webhook(body, headers=signed(body))[0] == 200
    assert_refused(bridge.webhook(body, headers=signed(body, "another")), 401, "wrong")


def test_without_a_secret_nothing_is_checked(start):
    bridge = start()
    body = comment_webhook(1, 1)
    assert bridge.webhook(body, headers={**JSON, "QISCUS-SDK-SIGNATURE": "nonsense"})[0] == 200


def test_off(start):
    bridge = start(signature="off", signature_secret=SECRET)
    body = comment_webhook(1, 1)
    assert bridge.webhook(body, headers={**JSON, "QISCUS-SDK-SIGNATURE": "nonsense"})[0] == 200


def test_two_secrets_while_one_is_changed(start, tmp_path):
    (tmp_path / "old").write_text("old-secret\n")
    (tmp_path / "new").write_text("new-secret\n")
    bridge = start(signature="required", signature_secret_file=tmp_path / "old", signature_secret_next_file=tmp_path / "new")
    body = comment_webhook(1, 1)
    assert bridge.webhook(body, headers=signed(body, "old-secret"))[0] == 200
    assert bridge.webhook(body, headers=signed(body, "new-secret"))[0] == 200
    assert_refused(bridge.webhook(body, headers=signed(body, "third-secret")), 401, "wrong")


def test_another_header_in_base64(start):
    bridge = start(signature="required", signature_secret=SECRET, signature_header="X-Hub", signature_encoding="base64")
    body = comment_webhook(1, 1)
    text = base64.b64encode(sign(body)).decode()
    assert bridge.webhook(body, headers={**JSON, "x-hub": text})[0] == 200
    assert_refused(bridge.webhook(body, headers={**JSON, "X-Hub": text.rstrip("=")}), 401, "wrong")
    assert_refused(bridge.webhook(body, headers=signed(body, header="X-Hub")), 401, "wrong")
    assert_refused(bridge.webhook(body, headers=signed(body)), 401, "missing")


def test_chunked_bodies_are_checked_whole(start):
    bridge = start(signature="required", signature_secret=SECRET)
    body = comment_webhook(1, 1)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:50], body[50:])) + b"0\r\n\r\n"

    def status(signature):
        head = f"POST /webhooks/{APP}/{TOKEN} HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n" \
               f"QISCUS-SDK-SIGNATURE: {signature}\r\nConnection: close\r\n\r\n".encode()
        return bridge.raw(head + chunks).split(b" ")[1]
    assert status(sign(body).hex()) == b"200"
    assert status(sign(body[:50]).hex()) == b"401"


def test_required_needs_a_secret(tmp_path):
    from test_cli import run
    config = tmp_path / "c.ini"
    text = "[bridge]\nroles = inbound\n[app:demo]\nsignature = required\n"
    config.write_text(text)
    assert f"{config}:4: [app:demo] signature is required, and signature.secret" in run("check", "-c", str(config), wanted=2).stderr
    config.write_text(text + "signature.secret = s\n")
    run("check", "-c", str(config))
    config.write_text(text + f"signature.secret.next.file = {tmp_path}/none\n")
    errors = run("check", "-c", str(config), wanted=2).stderr.strip().split("\n")
    assert len(errors) == 1 and "cannot be read" in errors[0]
    config.write_text(text.replace("required", "perhaps"))
    assert "'perhaps' is not one of: off, optional, required" in run("check", "-c", str(config), wanted=2).stderr


# ---- addresses ----


def forwarded(*addresses):
    return {**JSON, "X-Forwarded-For": ", ".join(addresses)}


def test_allow_comes_before_everything(start):
    bridge = start(inbound={"allow": "192.0.2.0/24, 2001:db8::/32"})
    body = comment_webhook(1, 1)
    for path, method, headers in ((f"/webhooks/{APP}/{TOKEN}", "POST", JSON), (f"/webhooks/{APP}/wrong", "POST", JSON),
                                  ("/nothing", "POST", JSON), (f"/webhooks/{APP}/{TOKEN}", "GET", {}),
                                  (f"/webhooks/{APP}/{TOKEN}", "POST", forwarded("192.0.2.1"))):
        assert_refused(bridge.webhook(body, path, method, headers), 403, "address")
    assert bridge.broker.read_all(bridge.topics["events"]) == []
    assert "client=127.0.0.1" in bridge.program.log()


@pytest.mark.parametrize("allow", ["127.0.0.1", "127.0.0.0/8", "192.0.2.7, 127.0.0.1/32", "0.0.0.0/0", "::ffff:127.0.0.1"])
def test_allowed(start, allow):
    assert start(inbound={"allow": allow}).webhook(comment_webhook(1, 1))[0] == 200


def test_an_ipv6_listener_sees_ipv4_senders_as_such(start):
    bridge = start(inbound={"listen": "[::]:0", "allow": "127.0.0.0/8"})
    body = comment_webhook(1, 1)
    port = bridge.address[1]
    bridge.address = ("127.0.0.1", port)
    assert bridge.webhook(body)[0] == 200
    bridge.address = ("::1", port)
    assert_refused(bridge.webhook(body), 403, "address")


def test_trusted_proxies(start):
    bridge = start(inbound={"allow": "192.0.2.0/24", "trusted.proxies": "127.0.0.1, 10.0.0.0/8"})
    body = comment_webhook(1, 1)
    for addresses in (["192.0.2.1"], ["203.0.113.1", "192.0.2.1"], ["192.0.2.1", "10.1.1.1", "127.0.0.1"],
                      ["nonsense", "192.0.2.1", "10.1.1.1"], ["192.0.2.1:4711"]):
        assert bridge.webhook(body, headers=forwarded(*addresses))[0] == 200, addresses
    for addresses in (["203.0.113.1"], ["192.0.2.1", "203.0.113.1"], ["192.0.2.1", "203.0.113.1", "10.1.1.1"],
                      ["192.0.2.1", "nonsense"], ["192.0.2.1", ""], [""], ["10.1.1.1"]):
        assert_refused(bridge.webhook(body, headers=forwarded(*addresses)), 403, "address")
    assert_refused(bridge.webhook(body), 403, "address")  # the proxy itself is not allowed
    assert "client=203.0.113.1" in bridge.program.log()


def test_several_lines_are_one_list(start):
    """As HAProxy adds its own: what the client wrote stands on the line before."""
    bridge = start(inbound={"allow": "192.0.2.0/24", "trusted.proxies": "127.0.0.1"})
    body = comment_webhook(1, 1)

    def status(*lines):
        head = f"POST /webhooks/{APP}/{TOKEN} HTTP/1.1\r\nHost: b\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        head += "".join(f"X-Forwarded-For: {line}\r\n" for line in lines) + "\r\n"
        return bridge.raw(head.encode() + body).split(b" ")[1]
    assert status("192.0.2.1", "203.0.113.1") == b"403"
    assert status("203.0.113.1", "192.0.2.1") == b"200"
    assert status("192.0.2.1", "") == b"403"
    assert status("203.0.113.1", "192.0.2.1, 127.0.0.1", "127.0.0.1") == b"200"


def test_without_allow_nobody_is_asked(start):
    bridge = start(inbound={"trusted.proxies": "127.0.0.1"})
    assert bridge.webhook(comment_webhook(1, 1), headers=forwarded("nonsense"))[0] == 200


def test_blocks_are_checked_with_the_configuration(tmp_path):
    from test_cli import run
    config = tmp_path / "c.ini"
    for value, word in (("10.0.0.1/8", "behind those of the block"), ("localhost", "neither an address nor"),
                        ("10.0.0.0/8,", "neither"), ("::/129", "neither")):
        config.write_text(f"[bridge]\nroles = inbound\n[inbound]\nallow = 127.0.0.1\ntrusted.proxies = {value}\n[app:demo]\n")
        error = run("check", "-c", str(config), wanted=2).stderr
        assert error.startswith(f"{config}:5: [inbound] trusted.proxies: '") and word in error
    config.write_text("[bridge]\nroles = inbound\n[inbound]\nallow =\ntrusted.proxies = 10.0.0.0/8, ::1\n[app:demo]\n")
    assert "trusted.proxies = 10.0.0.0/8, ::1" in run("check", "-c", str(config)).stdout


# ---- what an operator sees ----


def test_refusals_are_counted_by_reason(start):
    """Single ones are held back when there are many; their numbers are not."""
    bridge = start(signature="required", signature_secret=SECRET)
    body = comment_webhook(1, 1)
    for _ in range(30):
        bridge.webhook(body, f"/webhooks/{APP}/wrong")
    for _ in range(3):
        bridge.webhook(body)
    bridge.webhook(body, headers=signed(body, "another"))
    assert bridge.stop() == 0
    assert "refused since the start, by reason\" token=30 unsigned=3 signature=1" in bridge.program.log()
