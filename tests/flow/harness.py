# SPDX-License-Identifier: MIT
"""What the flow tests drive: the real programs, over loopback, with a deadline on every wait.

CHATBRIDGE_BUILD      where the programs are (default: build)
CHATBRIDGE_BOOTSTRAP  a real Kafka to run against; without it an embedded broker is started
CHATBRIDGE_SLOW       multiplies every deadline (the sanitizers' build is slower)
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import uuid

import confluent_kafka
import confluent_kafka.admin

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("CHATBRIDGE_BUILD", "build")
SLOW = float(os.environ.get("CHATBRIDGE_SLOW", "1"))
APP, SECRET, TOKEN = "demo", "sandbox-secret", "try-me"
PARTITIONS = 4


def wait_for(condition, seconds, what):
    """The condition's first true value; fails when it has none in time."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * SLOW:g} s: {what() if callable(what) else what}")
        time.sleep(0.01)  # between two looks at a condition


def clean_environment():
    """This process's, without what would be settings of the programs."""
    return {k: v for k, v in os.environ.items() if not k.startswith("CHATBRIDGE_")}


class Program:
    """A program of ours whose output goes to files; ended by its process id."""

    def __init__(self, name, arguments, folder, env=None):
        self.name = name
        self.log_path = folder / f"{name}-{uuid.uuid4().hex[:6]}.log"
        self.out_path = self.log_path.with_suffix(".out")
        with open(self.log_path, "wb") as log, open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                [BUILD / name, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=log, env={**clean_environment(), **(env or {})})

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, pattern, seconds=15, after=0):
        """The pattern's first match in its log, behind so many characters."""
        def found():
            match = re.search(pattern, self.log()[after:])
            if match is None and self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            return match
        return wait_for(found, seconds, lambda: f"{pattern!r} in the log of {self.name}:\n{self.log()[-3000:]}")

    def first_line(self, pattern, seconds=15):
        def found():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            return re.search(pattern, self.out_path.read_text())
        return wait_for(found, seconds, f"{pattern!r} from {self.name}")

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30):
        """SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end:\n{self.log()[-3000:]}") from None

    def wait(self, seconds=30):
        return self.process.wait(seconds * SLOW)

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


# ---- Kafka ----


class Record:
    def __init__(self, message):
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()
        self.key = message.key()
        self.value = message.value()
        self.header_list = message.headers() or []
        self.headers = {name: value.decode() if value is not None else None for name, value in self.header_list}

    def json(self):
        return json.loads(self.value)


class Broker:
    """An embedded broker, or the real one that the environment names."""

    def __init__(self, folder):
        self.bootstrap = os.environ.get("CHATBRIDGE_BOOTSTRAP")
        self.real = self.bootstrap is not None
        self.program = None
        if not self.real:
            self.program = Program("chat-devbroker", ["--listen", "127.0.0.1:0"], folder)
            self.bootstrap = self.program.first_line(r"bootstrap\.servers=(\S+)").group(1)

    def stop(self):
        if self.program:
            self.program.stop()

    @contextlib.contextmanager
    def paused(self):
        """The broker answers nothing inside."""
        self._signal(signal.SIGSTOP, "pause")
        try:
            yield
        finally:
            self._signal(signal.SIGCONT, "resume")

    def _signal(self, number, word):
        if self.program:
            self.program.signal(number)
        else:
            subprocess.run([ROOT / "deploy/kafka/kafka", word, "1"], check=True, stdout=subprocess.DEVNULL)

    def client(self, **settings):
        return {"bootstrap.servers": self.bootstrap, **{k.replace("_", "."): v for k, v in settings.items()}}

    def create_topics(self, names, partitions=PARTITIONS):
        if self.real:
            admin = confluent_kafka.admin.AdminClient(self.client())
            created = admin.create_topics([confluent_kafka.admin.NewTopic(n, partitions, 1) for n in names])
            for future in created.values():
                future.result(15 * SLOW)
            self._await_leaders(names)
            return
        producer = confluent_kafka.Producer(self.client())  # the mock makes what a producer asks for
        for name in names:
            def exists(name=name):
                topic = producer.list_topics(name, timeout=10).topics[name]
                return topic.error is None and topic.partitions
            wait_for(exists, 10, f"topic {name}")

    def _await_leaders(self, names):
        consumer = confluent_kafka.Consumer(self.client(group_id="flow-tests"))

        def led(name):
            try:
                partitions = consumer.list_topics(name, timeout=10).topics[name].partitions
                return len(partitions) > 0 and all(
                    consumer.get_watermark_offsets(confluent_kafka.TopicPartition(name, p), timeout=10)
                    for p in partitions)
            except confluent_kafka.KafkaException:
                return False
        try:
            for name in names:
                wait_for(lambda name=name: led(name), 15, f"leaders of {name}")
        finally:
            consumer.close()

    def produce(self, topic, records):
        """Each of `records` is (key, value) or (key, value, headers). Answers when all are acknowledged."""
        failed = []
        producer = confluent_kafka.Producer(self.client(partitioner="murmur2_random", linger_ms=5, acks="all"))
        for key, value, *headers in records:
            while True:
                try:
                    producer.produce(topic, value, key, headers=headers[0] if headers else None,
                                     on_delivery=lambda error, _: error and failed.append(error))
                    break
                except BufferError:
                    producer.poll(0.1)
        left = producer.flush(30 * SLOW)
        assert left == 0 and not failed, f"{left} not produced, {failed[:3]}"

    def read(self, topic, done, seconds=20):
        """All records of the topic, once done(records) is true. With an int: when there are at least so many."""
        enough = done if callable(done) else lambda records: len(records) >= done
        consumer = confluent_kafka.Consumer(
            self.client(group_id="flow-tests", enable_auto_commit=False, fetch_wait_max_ms=10))
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            consumer.assign([confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING)
                             for p in partitions])
            records = []
            deadline = time.monotonic() + seconds * SLOW
            while not enough(records):
                if time.monotonic() > deadline:
                    raise AssertionError(f"{topic} holds only {len(records)} records after {seconds * SLOW:g} s")
                for message in consumer.consume(1000, 0.05):
                    if not message.error():
                        records.append(Record(message))
            return records
        finally:
            consumer.close()

    def read_all(self, topic):
        """What the topic holds now."""
        consumer = confluent_kafka.Consumer(self.client(group_id="flow-tests"))
        try:
            partitions = [confluent_kafka.TopicPartition(topic, p)
                          for p in consumer.list_topics(topic, timeout=10).topics[topic].partitions]
            marks = [consumer.get_watermark_offsets(p, timeout=10) for p in partitions]
        finally:
            consumer.close()
        return self.read(topic, sum(high - low for low, high in marks))

    def committed(self, group, topic):
        """The sum of the offsets the group has committed."""
        consumer = confluent_kafka.Consumer(self.client(group_id=group))
        try:
            partitions = [confluent_kafka.TopicPartition(topic, p)
                          for p in consumer.list_topics(topic, timeout=10).topics[topic].partitions]
            return sum(max(p.offset, 0) for p in consumer.committed(partitions, timeout=10))
        finally:
            consumer.close()


# ---- the chat platform ----


class Sandbox:
    """deploy/sandbox, through its control API."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.arguments = arguments
        self.address = "127.0.0.1:0"
        self.start()

    def start(self):
        self.program = Program("chat-sandbox", [
            "--listen", self.address, "--auto-create", *self.arguments, "--app", APP, "--secret", SECRET], self.folder)
        self.url = self.program.first_line(r"listening at (http://\S+)").group(1)
        self.address = self.url[len("http://"):]

    def stop(self):
        self.program.stop()

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=15 * SLOW)
        try:
            text, typed = (json.dumps(body), {"Content-Type": "application/json"}) if body is not None else (None, {})
            connection.request(method, path, text, {**typed, **(headers or {})})
            response = connection.getresponse()
            answer = json.loads(response.read() or b"null")
        finally:
            connection.close()
        assert response.status < 300, (method, path, response.status, answer)
        return answer

    def reset(self):
        self.faults()
        self.call("DELETE", "/sandbox/journal")

    def faults(self, *rules):
        self.call("PUT", "/sandbox/faults", {"faults": list(rules)})

    def journal(self, **filters):
        """Every request of the filters, in order."""
        entries, after = [], 0
        while True:
            query = "&".join([f"after={after}", "limit=5000"] + [f"{k}={v}" for k, v in filters.items()])
            page = self.call("GET", f"/sandbox/journal?{query}")
            if not page["entries"]:
                return entries
            entries += page["entries"]
            after = page["entries"][-1]["seq"]

    def comments(self, room, limit=100):
        answer = self.call("GET", f"/api/v2/rest/load_comments?room_id={room}&limit={limit}",
                           headers={"QISCUS_SDK_SECRET": SECRET})
        return answer["results"]["comments"]


# ---- the bridge ----


class Bridge:
    """`chatbridge run` with topics of its own."""

    def __init__(self, folder, broker, base_url="http://127.0.0.1:1", **settings):
        self.folder, self.broker = folder, broker
        run = uuid.uuid4().hex[:8]
        self.group = f"group-{run}"
        self.topics = {name: f"{name}-{run}" for name in ("events", "rejected", "commands", "results", "dlq")}
        broker.create_topics(self.topics.values())
        self.settings = {
            "bridge": {"shutdown.timeout": "10s"},
            "kafka": {"bootstrap.servers": broker.bootstrap},
            "kafka.consumer": {  # so that a killed instance's partitions are free soon
                "fetch.wait.max.ms": 10, "session.timeout.ms": 6000 if broker.real else 4000, "heartbeat.interval.ms": 500},
            "topics": self.topics,
            "inbound": {"listen": "127.0.0.1:0"},
            "outbound": {"group": self.group},
            "rate": {"app": "0"},
            f"app:{APP}": {"base.url": base_url, "secret": SECRET, "webhook.token": TOKEN},
        }
        self.set(settings)
        self.programs = []

    def set(self, settings):
        """{"inbound": {"body.max": "1KiB"}} over what is there; None takes a setting away."""
        for section, values in settings.items():
            target = self.settings.setdefault(section, {})
            target.update(values)
            for key in [key for key, value in target.items() if value is None]:
                del target[key]

    def write(self):
        path = self.folder / f"{self.group}.ini"
        path.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for section, values in self.settings.items()))
        return path

    def start(self, outbound=True):
        """Starts one and waits until it takes webhooks and, with `outbound`, has partitions."""
        self.program = Program("chatbridge", ["run", "-c", str(self.write())], self.folder)
        self.programs.append(self.program)
        match = self.program.wait_log(r"inbound: listening\" address=(\S+)")
        host, port = match.group(1).rsplit(":", 1)
        self.address = (host, int(port))
        if outbound:
            self.program.wait_log(r"outbound: assigned\" partitions=[1-9]", 45)
        return self

    def stop(self):
        return self.program.stop()

    def kill(self):
        self.program.kill()

    def close(self):
        """For the end of a test: no program stays, and none ended by an assertion or a sanitizer."""
        for program in self.programs:
            if program.process.poll() is None:
                program.stop()
            log = program.log()
            assert "must() failed" not in log and "Sanitizer" not in log and "runtime error" not in log, log[-5000:]

    def webhook(self, body, path=f"/webhooks/{APP}/{TOKEN}", method="POST", headers=None):
        """Status, headers and body (as JSON where it is) of the answer."""
        connection = http.client.HTTPConnection(*self.address, timeout=30 * SLOW)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if headers is None else headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = "json" in (response.getheader("Content-Type") or "") and text
        return response.status, response.headers, json.loads(text) if is_json else text

    def raw(self, data, seconds=10):
        """Sends the bytes as they are; what came until the peer closed or nothing more came."""
        with socket.create_connection(self.address, timeout=seconds * SLOW) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(OSError):
                while chunk := connection.recv(65536):
                    answer += chunk
            return answer

    def command(self, command, key=None, headers=None):
        """Produces one; a dict becomes JSON, its key is its room."""
        self.commands([(command, key, headers)])

    def commands(self, commands):
        records = []
        for command in commands:
            command, key, headers = command if isinstance(command, tuple) else (command, None, None)
            value = command
            if isinstance(command, dict):
                value = json.dumps(command).encode()
                params = command.get("params")
                if key is None and isinstance(params, dict) and "room_id" in params:
                    key = str(params["room_id"]).encode()
            records.append((key, value, headers))
        self.broker.produce(self.topics["commands"], records)

    def results(self, done, seconds=20):
        """Outcomes by command id, once done is reached: an int counts different ids."""
        enough = done if callable(done) else lambda records: len({r.json()["id"] for r in records}) >= done
        return self.broker.read(self.topics["results"], enough, seconds)

    def dead_letters(self):
        return self.broker.read_all(self.topics["dlq"])


def post_comment(room, message, id=None, **params):
    command = {"command": "post_comment",
               "params": {"sender_email": "bot@example.com", "room_id": str(room), "message": message, **params}}
    if id is not None:
        command["id"] = id
    return command


def comment_webhook(room, message_id, text="hello", type="post_comment_mobile"):
    return json.dumps({
        "type": type,
        "payload": {
            "from": {"id": 1, "email": "ann@example.com", "name": "Ann"},
            "room": {"id": room, "id_str": str(room), "type": "group", "name": "a room", "participants": []},
            "message": {"id": message_id, "id_str": str(message_id), "type": "text", "text": text, "payload": {}},
        },
    }).encode()
