# SPDX-License-Identifier: MIT
"""Runs deploy/kafka/kafka for the tests: each cluster in a directory of the test run, on six ports that are free."""

import os
import pathlib
import socket
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "deploy/kafka/kafka"
PATIENCE = float(os.environ.get("CHATBRIDGE_SLOW", "1"))


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: starts three brokers or more than one cluster")


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Ports:
    """Blocks of six, from a place that differs from one test run to the next."""

    def __init__(self):
        self.next = 21000 + os.getpid() % 1500 * 6

    def take(self):
        for _ in range(1500):
            block = self.next
            self.next = 21000 + (block + 6 - 21000) % 9000
            if all(free(port) for port in range(block, block + 6)):
                return block
        raise RuntimeError("no six free ports")


class Kafka:
    """One cluster, or none yet: calls of the script with its name and directory."""

    def __init__(self, directory, name, port):
        self.name, self.port = name, port
        self.directory = pathlib.Path(directory) / name
        self.environment = {**os.environ, "CHATBRIDGE_KAFKA_DIR": str(directory)}
        self.environment.pop("CHATBRIDGE_KAFKA_NAME", None)

    def run(self, command, *arguments, expect=0, text=None, timeout=150, **environment):
        """Standard output of a call; it must exit as expected (None: anyhow)."""
        done = self.call(command, *arguments, text=text, timeout=timeout, **environment)
        assert expect is None or done.returncode == expect, f"{done.args}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def command(self, command, *arguments):
        return [str(SCRIPT), command, "--name", self.name, *arguments]

    def call(self, command, *arguments, text=None, timeout=150, **environment):
        return subprocess.run(
            self.command(command, *arguments),
            env={**self.environment, **environment}, input=text, stdin=None if text else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout * PATIENCE, check=False,
        )

    def up(self, *arguments, **keywords):
        return self.run("up", "--port", str(self.port), *arguments, **keywords)

    def tool(self, *arguments, **keywords):
        return self.run("tool", *arguments, **keywords)

    def client(self, admin=False):
        """Settings for confluent_kafka, as `env --kcat` gives them."""
        lines = self.run("env", "--kcat", *(["--admin"] if admin else [])).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def pid(self, broker):
        return int((self.directory / f"node-{broker}/pid").read_text().split()[0])


@pytest.fixture(scope="session")
def ports():
    return Ports()


@pytest.fixture(scope="module")
def clusters(tmp_path_factory, ports):
    """Makes clusters by name; all of them are gone when the module is through, however its tests ended."""
    directory = tmp_path_factory.mktemp("kafka")
    made = []

    def make(name):
        made.append(Kafka(directory, name, ports.take()))
        return made[-1]

    yield make
    for kafka in made:
        kafka.run("down", "--purge")


@pytest.fixture
def nowhere(tmp_path, ports):
    """A cluster that does not exist, in a directory of its own."""
    return Kafka(tmp_path, "none", ports.take())
