# SPDX-License-Identifier: MIT
import pytest

import harness


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    broker = harness.Broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory):
    sandbox = harness.Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(shared_sandbox):
    """The chat platform, without faults and with an empty journal."""
    shared_sandbox.reset()
    yield shared_sandbox
    shared_sandbox.reset()


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


@pytest.fixture
def bridge(make_bridge, sandbox):
    """A bridge between broker and sandbox, with short waits."""
    return make_bridge(sandbox, retry={"backoff.initial": "20ms", "backoff.max": "200ms"},
                       breaker={"failures": 3, "open": "200ms", "open.max": "1s"}).start()
