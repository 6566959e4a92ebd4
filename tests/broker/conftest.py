# SPDX-License-Identifier: MIT
"""Clusters of deploy/kafka for what only a real Kafka can show. CHATBRIDGE_KAFKA_VERSION chooses the release line."""
import configparser
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "flow"))

import harness  # noqa: E402  (found by the line above)

KAFKA = harness.ROOT / "deploy/kafka/kafka"


def free_base(first):
    """The first of six ports in a row that nobody listens at."""
    for base in range(first, first + 2000, 10):
        held = []
        try:
            for port in range(base, base + 6):
                held.append(socket.create_server(("127.0.0.1", port)))
            return base
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
    raise AssertionError("no free ports")


class Cluster(harness.Broker):
    """A cluster of its own, gone afterwards. As a harness.Broker it is administered by the user admin."""

    def __init__(self, folder, name, *options):
        self.name = name
        self.program = None
        self.real = True
        self.env = {**os.environ, "CHATBRIDGE_KAFKA_DIR": str(folder), "CHATBRIDGE_KAFKA_NAME": name}
        self.kafka("up", "--port", str(free_base(25000)), "--version", os.environ.get("CHATBRIDGE_KAFKA_VERSION", "4.3"),
                   *options)
        self.bootstrap = self.settings()["bootstrap.servers"]

    def kafka(self, *arguments, input=None, wanted=0):
        done = subprocess.run([KAFKA, *arguments], env=self.env, input=input, capture_output=True, text=True,
                              timeout=300 * harness.SLOW, check=False)
        assert done.returncode == wanted, (arguments, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout

    def tool(self, *arguments, **more):
        return self.kafka("tool", *arguments, **more)

    def settings(self, *who):
        """The [kafka] section for the user chatbridge (or --admin)."""
        parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
        parser.optionxform = str
        parser.read_string(self.kafka("env", "--ini", *who))
        return dict(parser["kafka"])

    def client(self, **settings):
        admin = self.settings("--admin")
        if "sasl.password.file" in admin:
            admin["sasl.password"] = pathlib.Path(admin.pop("sasl.password.file")).read_text().strip()
        return {**admin, **{k.replace("_", "."): v for k, v in settings.items()}}

    def _signal(self, number, word):
        self.kafka(word, "1")

    def close(self):
        self.kafka("down", "--purge")


@pytest.fixture(scope="session")
def make_cluster(tmp_path_factory):
    clusters = []

    def make(name, *options):
        clusters.append(Cluster(tmp_path_factory.mktemp("kafka"), name, *options))
        return clusters[-1]

    yield make
    for cluster in clusters:
        cluster.close()


@pytest.fixture(scope="session")
def plain(make_cluster):
    """One broker, no security."""
    return make_cluster("plain")


@pytest.fixture(scope="session")
def secure(make_cluster):
    """One broker with TLS, passwords and access rights."""
    return make_cluster("secure", "--tls", "--sasl", "plain")


@pytest.fixture(scope="module")
def three(make_cluster):
    return make_cluster("three", "--brokers", "3")


@pytest.fixture
def make_bridge(tmp_path):
    bridges = []

    def make(cluster, sandbox=None, **settings):
        base = {"base_url": sandbox.url} if sandbox else {}
        bridge = harness.Bridge(tmp_path, cluster, **base, kafka=cluster.settings(), **settings)
        bridges.append(bridge)
        return bridge

    yield make
    for bridge in bridges:
        bridge.close()


@pytest.fixture
def sandbox(tmp_path):
    sandbox = harness.Sandbox(tmp_path)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session", autouse=True)
def needs_tools():
    missing = [tool for tool in ("java", "mvn", "kcat") if shutil.which(tool) is None]
    assert not missing, f"these tests need {missing}"
