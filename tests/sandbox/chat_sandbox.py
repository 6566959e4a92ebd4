# SPDX-License-Identifier: MIT
"""The chat sandbox as a process, requests to it, a receiver of its webhooks, and comparing what it says.

CHATBRIDGE_BUILD  where chat-sandbox is (default: build)
CHATBRIDGE_SLOW   multiplies every deadline (the sanitizers' build is slower)
"""
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / os.environ.get("CHATBRIDGE_BUILD", "build") / "chat-sandbox"
CASES = ROOT / "tests" / "cases" / "sandbox"
SLOW = float(os.environ.get("CHATBRIDGE_SLOW", "1"))
API = "/api/v2/rest/"
SECRET = "s3cret"
DEMO = ["--app", "demo", "--secret", SECRET]


def wait_for(condition, what, seconds=10):
    """The condition's first true value; fails when it has none in time."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * SLOW:g} s: {what() if callable(what) else what}")
        time.sleep(0.005)  # between two looks at a condition


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def multipart(fields, boundary="a-boundary"):
    """The content type and body of fields: name -> text, or name -> (filename, bytes)."""
    parts = []
    for name, value in fields:
        filename = f'; filename="{value[0]}"' if isinstance(value, (tuple, list)) else ""
        content = value[1] if isinstance(value, (tuple, list)) else value
        content = content.encode() if isinstance(content, str) else content
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


class Sandbox:
    """chat-sandbox on a free port; ended by its process id."""

    def __init__(self, *options):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        line = self.process.stdout.readline().decode()
        ready = re.fullmatch(r"chat-sandbox: listening at http://127\.0\.0\.1:(\d+)\n", line)
        assert ready, f"not the ready line: {line!r} {self.log()}"
        self.port = int(ready[1])

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def stop(self, number=signal.SIGTERM):
        """Its exit status. What a sanitizer says makes that another than 0."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=20 * SLOW)
        self.process.stdout.close()
        assert status == 0, f"chat-sandbox ended with {status}:\n{self.log()}"
        return status

    def send(self, method, path, body=None, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def call(self, name, /, method="POST", secret=SECRET, timeout=20, **params):
        """A call of the API with form parameters; lists become name[]."""
        pairs = []
        for key, value in params.items():
            pairs += [(key + "[]", v) for v in value] if isinstance(value, list) else [(key, value)]
        text = urllib.parse.urlencode(pairs)
        headers = {"QISCUS_SDK_SECRET": secret}
        if method in ("GET", "DELETE"):
            return self.send(method, API + name + ("?" + text if text else ""), headers=headers, timeout=timeout)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.send(method, API + name, text, headers, timeout)

    def post(self, message="hello", room=1, sender="ann@example.com", timeout=20, **more):
        return self.call("post_comment", sender_email=sender, room_id=room, message=message, timeout=timeout, **more)

    def control(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        return self.send(method, "/sandbox/" + path, text, {"Content-Type": "application/json"})

    def get(self, path):
        answer = self.control("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def faults(self, *rules):
        answer = self.control("PUT", "faults", {"faults": list(rules)})
        assert answer.status == 200, answer.body

    def journal(self, query=""):
        return self.get("journal" + query)["entries"]

    def upload(self, resource, filename, content, secret=SECRET):
        content_type, body = multipart([("type", resource), ("file", (filename, content))])
        return self.send("POST", API + "imports", body, {"QISCUS_SDK_SECRET": secret, "Content-Type": content_type})


@contextlib.contextmanager
def running(*options):
    sandbox = Sandbox(*(options or [*DEMO, "--auto-create"]))
    try:
        yield sandbox
    except BaseException:
        sandbox.process.kill()
        sandbox.process.wait()
        sandbox.process.stdout.close()
        print(sandbox.log())
        raise
    sandbox.stop()


class Receiver:
    """Takes webhooks. `answer(number, body)` gives the status of the n-th request (from 1); None: no answer at all."""

    def __init__(self, answer=lambda number, body: 200):
        self.received = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.count += 1
                    status = answer(receiver.count, body)
                receiver.received.put((dict(self.headers), body))
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.count = 0
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def next(self, seconds=10):
        """The headers and the body of the next webhook."""
        return self.received.get(timeout=seconds * SLOW)

    def take(self, count, seconds=10):
        return [json.loads(self.next(seconds)[1]) for _ in range(count)]


# ---- comparing ----

FORMS = {
    "<any>": r".*",
    "<text>": r".+",
    "<uuid>": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "<temp id>": r"[A-Za-z0-9]{20}",
    "<time Z>": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "<time +00:00>": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00",
    "<time +07:00>": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00",
    "<time ms>": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "<time us>": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
}


def differences(wanted, actual, path="body"):
    """What differs, as texts. In `wanted`, <int> stands for a positive integer, the names of FORMS for texts of that
    form (also inside a text), <anything> for any value; every other value stands for itself."""
    if wanted == "<anything>":
        return []
    if wanted == "<int>":
        return [] if type(actual) is int and actual > 0 else [f"{path}: no positive integer: {actual!r}"]
    if isinstance(wanted, dict) and isinstance(actual, dict):
        found = [f"{path}.{key}: is missing" for key in wanted if key not in actual]
        found += [f"{path}.{key}: is too much" for key in actual if key not in wanted]
        return found + [d for key in wanted if key in actual for d in differences(wanted[key], actual[key], f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(actual, list):
        if len(wanted) != len(actual):
            return [f"{path}: {len(actual)} items instead of {len(wanted)}: {actual!r}"]
        return [d for i, (w, a) in enumerate(zip(wanted, actual)) for d in differences(w, a, f"{path}[{i}]")]
    if isinstance(wanted, str) and isinstance(actual, str):
        pattern = re.escape(wanted)
        for form, expression in FORMS.items():
            pattern = pattern.replace(re.escape(form), expression)
        return [] if re.fullmatch(pattern, actual, re.DOTALL) else [f"{path}: {actual!r} instead of {wanted!r}"]
    same = type(wanted) is type(actual) and wanted == actual
    return [] if same else [f"{path}: {actual!r} instead of {wanted!r}"]


def at(value, path):
    """The value at a path like results.rooms_info.0.room_id."""
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
