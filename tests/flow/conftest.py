# SPDX-License-Identifier: MIT
import pytest

import harness


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    broker = harness.Broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture
def sandbox(tmp_path):
    """The chat platform, new."""
    sandbox = harness.Sandbox(tmp_path)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def make_bridge(tmp_path, broker):
    """Makes bridges (not started), each with topics of its own; whatever runs at the end of the test is stopped."""
    bridges = []

    def make(sandbox=None, **settings):
        bridges.append(harness.Bridge(tmp_path, broker, **({"base_url": sandbox.url} if sandbox else {}), **settings))
        return bridges[-1]

    yield make
    for bridge in bridges:
        bridge.close()


@pytest.fixture
def inbound(make_bridge):
    """A bridge that takes webhooks only."""
    return make_bridge(bridge={"roles": "inbound"}).start(outbound=False)


SHORT_WAITS = {"retry": {"backoff.initial": "20ms", "backoff.max": "200ms"},
               "breaker": {"failures": 3, "open": "200ms", "open.max": "1s"}}


@pytest.fixture
def bridge(make_bridge, sandbox):
    """A bridge between broker and sandbox, with short waits."""
    return make_bridge(sandbox, **SHORT_WAITS).start()


@pytest.fixture(scope="module")
def shared_pair(broker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    sandbox = harness.Sandbox(folder)
    bridge = harness.Bridge(folder, broker, sandbox.url, **SHORT_WAITS).start()
    yield bridge, sandbox
    bridge.close()
    sandbox.stop()


@pytest.fixture
def pair(shared_pair):
    """A bridge and its sandbox that the tests of a file share, since to join a group takes seconds: the sandbox is
    without faults and its journal empty, while topics and rooms hold what the tests before left."""
    bridge, sandbox = shared_pair
    sandbox.reset()
    yield bridge, sandbox
    sandbox.reset()
