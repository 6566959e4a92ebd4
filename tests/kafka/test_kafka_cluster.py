# SPDX-License-Identifier: MIT
"""deploy/kafka/kafka itself: what it says, starts, keeps and ends.

`pytest tests/kafka -m "not slow"` leaves out what starts three brokers or further clusters.
"""

import os
import pathlib
import re
import signal
import socket
import stat
import subprocess

import pytest
from client import LIBRDKAFKA, Load, eventually, leader, metadata, produce, read_all

COMMANDS = "up down status env tool logs kill stop restart pause resume".split()
needs_scram_fix = pytest.mark.skipif(LIBRDKAFKA < 0x020601, reason="librdkafka before 2.6.1 sends a wrong SCRAM nonce")


# ---- without starting anything ----


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(nowhere, command):
    assert f"usage: kafka {command}" in nowhere.run(command, "--help")


@pytest.mark.parametrize("arguments, said", [
    (["dance"], "unknown command 'dance'"),
    (["up", "--brokers", "2"], "--brokers cannot be '2'"),
    (["up", "--version", "2.8"], "--version cannot be '2.8'"),
    (["up", "--sasl"], "--sasl cannot be ''"),
    (["up", "--port", "80"], "--port is 1024 to 65530"),
    (["up", "--colour"], "unknown option '--colour'"),
    (["up", "--name", "../etc"], "bad name '../etc'"),
    (["down", "now"], "unknown option 'now'"),
])
def test_wrong_usage_is_exit_2(nowhere, arguments, said):
    done = nowhere.call(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("command", ["status", "env", "kill", "tool"])
def test_a_cluster_that_is_not_there(nowhere, command):
    done = nowhere.call(command, *(["topics"] if command == "tool" else []))
    assert done.returncode == 1
    assert "there is no cluster 'none'" in done.stderr


def test_down_of_none_is_well(nowhere):
    nowhere.run("down")
    nowhere.run("down", "--purge")


def everything_but(directory, *missing):
    """A PATH with all programs of this machine except these."""
    for place in ("/usr/bin", "/bin"):
        for program in pathlib.Path(place).iterdir():
            link = directory / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return {"PATH": str(directory), "JAVA_HOME": ""}


def test_java_is_missing(nowhere, tmp_path_factory):
    done = nowhere.call("up", "--port", str(nowhere.port), **everything_but(tmp_path_factory.mktemp("bin"), "java"))
    assert done.returncode == 1
    assert "Java is missing: install a JDK, 17 or newer" in done.stderr
    assert not (nowhere.directory / "cluster.conf").exists()


def test_maven_is_missing(nowhere, tmp_path_factory, tmp_path):
    path = everything_but(tmp_path_factory.mktemp("bin"), "mvn")
    done = nowhere.call("up", "--port", str(nowhere.port), XDG_CACHE_HOME=str(tmp_path / "cache"), **path)
    assert done.returncode == 1
    assert "Maven is missing" in done.stderr


def test_maven_fails(nowhere, tmp_path_factory, tmp_path):
    bin_directory = tmp_path_factory.mktemp("bin")
    path = everything_but(bin_directory, "mvn")
    mvn = bin_directory / "mvn"
    mvn.write_text("#!/bin/sh\necho '[ERROR] could not transfer artifact'\nexit 1\n")
    mvn.chmod(0o755)
    done = nowhere.call("up", "--port", str(nowhere.port), XDG_CACHE_HOME=str(tmp_path / "cache"), **path)
    assert done.returncode == 1
    assert "[ERROR] could not transfer artifact" in done.stderr
    assert "Maven failed; all it said: " in done.stderr


@pytest.mark.parametrize("offset", [0, 3], ids=["broker", "controller"])
def test_a_port_is_taken(nowhere, offset):
    with socket.create_server(("127.0.0.1", nowhere.port + offset)):
        done = nowhere.call("up", "--port", str(nowhere.port))
    assert done.returncode == 1
    assert f"port {nowhere.port + offset}, which broker 1 needs, is taken" in done.stderr


# ---- processes that are not ours ----


def started(pid):
    """A process's start time, as a pid file has it."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


@pytest.fixture
def stranger(nowhere):
    """A cluster's files, without a broker; and a process of somebody else, whose pid the pid file may name."""
    node = nowhere.directory / "node-1"
    node.mkdir(parents=True)
    conf = f"version=4.3\nbrokers=1\nport={nowhere.port}\ntls=no\nsasl=none\nauto_create=no\n"
    (nowhere.directory / "cluster.conf").write_text(conf)
    with subprocess.Popen(["sleep", "300"]) as process:
        yield node / "pid", process
        process.kill()


BOOT = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.mark.parametrize("command", [["down"], ["kill", "1"], ["stop", "1"], ["pause", "1"]], ids=lambda c: c[0])
@pytest.mark.parametrize("line", [
    "{pid} 12345 {boot}",
    "{pid} {started} 00000000-0000-0000-0000-000000000000",
    "{pid} {started}",
    "{pid}",
    "1 {started} {boot}",
    "-1 {started} {boot}",
    "",
])
def test_a_recycled_pid_is_left_alone(nowhere, stranger, command, line):
    file, process = stranger
    file.write_text(line.format(pid=process.pid, started=started(process.pid), boot=BOOT) + "\n")
    nowhere.run(*command, expect=None)
    assert process.poll() is None
    assert pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def test_the_process_of_the_pid_file_is_ended(nowhere, stranger):
    """The counterpart: it is the pid file that decides, so the test above can fail."""
    file, process = stranger
    file.write_text(f"{process.pid} {started(process.pid)} {BOOT}\n")
    assert "killed: broker 1" in nowhere.run("kill", "1")
    assert process.wait(5) == -signal.SIGKILL


# ---- one broker ----


@pytest.fixture(scope="module")
def one(clusters):
    kafka = clusters("one")
    assert kafka.up().startswith("up: Kafka 4.3")
    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    assert produce(kafka.client(), "t", [b"1", b"2"]) == [None, None]
    return kafka


def test_env_is_what_a_client_needs(one):
    assert one.run("env").splitlines() == [
        "[kafka]", f"bootstrap.servers = 127.0.0.1:{one.port}", "security.protocol = PLAINTEXT"]
    assert f"bootstrap.servers=127.0.0.1:{one.port}" in one.run("env", "--java")
    listed = subprocess.run(["kcat", "-F", one.run("env", "--kcat", "--file").strip(), "-L"],
                            capture_output=True, text=True, timeout=20, check=True)
    assert 'topic "t" with 1 partitions' in listed.stdout


def test_only_the_loopback_is_listened_on(one):
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    addresses = {line.split()[3] for line in listening.splitlines() if f"pid={one.pid(1)}," in line}
    # Java says [::ffff:127.0.0.1].
    assert {re.sub(r"\[::ffff:(.*)\]", r"\1", address) for address in addresses} == {
        f"127.0.0.1:{one.port}", f"127.0.0.1:{one.port + 3}"}


def test_up_again_does_nothing(one):
    before = one.pid(1)
    assert one.run("up").startswith("running already: ")
    assert one.up("--brokers", "1", "--no-tls").startswith("running already: ")
    assert one.pid(1) == before


def test_up_as_something_else_is_refused(one):
    done = one.call("up", "--brokers", "3", "--tls")
    assert done.returncode == 2
    assert "brokers is 1, not 3" in done.stderr and "tls is no, not yes" in done.stderr
    assert one.run("status")


def test_topics_are_not_made_by_writing(one):
    (error,) = produce(one.client(), "unknown", [b"x"], seconds=8)
    assert error in ("_UNKNOWN_TOPIC", "UNKNOWN_TOPIC_OR_PART")


def test_kafkas_own_tools(one):
    one.tool("console-producer", "--topic", "t", text="3\n")
    out = one.tool("console-consumer", "--topic", "t", "--from-beginning", "--max-messages", "3", "--group", "g")
    assert out.split() == ["1", "2", "3"]
    groups = one.tool("consumer-groups", "--describe", "--group", "g")
    assert re.search(r"^g +t +0 +3 +3 +0 ", groups, re.MULTILINE)
    topic = ["--entity-type", "topics", "--entity-name", "t"]
    one.tool("configs", "--alter", *topic, "--add-config", "retention.ms=60000")
    assert "retention.ms=60000" in one.tool("configs", "--describe", *topic)
    assert "LeaderId" in one.tool("metadata-quorum", "describe", "--status")
    assert "t:0:3" in one.tool("get-offsets", "--topic", "t")
    assert one.call("tool", "dance").returncode == 2


def test_a_paused_broker_is_resumed_by_up(one):
    one.run("pause", "1")
    assert "paused" in one.run("status", expect=1)
    assert one.run("up").startswith("up again")
    assert "running" in one.run("status")


def test_down_keeps_what_was_there(one):
    one.run("down")
    assert "stopped" in one.run("status", expect=1)
    done = one.call("tool", "topics", "--list")
    assert done.returncode == 1 and "does not run" in done.stderr
    assert one.run("up").startswith("up again, with what was there")
    assert read_all(one.client(), "t")[:2] == [b"1", b"2"]


def test_a_crash_loses_nothing(one):
    assert produce(one.client(), "t", [b"last"]) == [None]
    one.run("kill", "1")
    one.run("up")
    assert read_all(one.client(), "t")[-1] == b"last"


def test_a_broker_that_cannot_start_says_why(one):
    one.run("down")
    properties = one.directory / "node-1/server.properties"
    text = properties.read_text()
    properties.write_text(text + "\nnum.io.threads=-3\n")
    try:
        done = one.call("up")
    finally:
        properties.write_text(text)
    assert done.returncode == 1
    assert "broker 1 ended" in done.stderr and "num.io.threads" in done.stderr


def test_two_ups_at_once(one):
    one.run("down")
    calls = [subprocess.Popen(one.command("up"), env=one.environment, stdout=subprocess.PIPE, text=True)
             for _ in range(2)]
    said = sorted(call.communicate(timeout=150)[0].split(":")[0] for call in calls)
    assert [call.returncode for call in calls] == [0, 0]
    assert said == ["running already", "up again, with what was there"]


def test_an_interrupted_up_can_be_taken_up_again(one):
    one.run("down")
    with subprocess.Popen(one.command("up"), env=one.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as call:
        eventually((one.directory / "node-1/pid").exists, 20, "the broker is started")
        call.send_signal(signal.SIGINT)
        said = call.communicate(timeout=30)[1]
    assert call.returncode == 130
    assert "interrupted; what runs: kafka status --name one" in said
    one.run("up")
    assert "running" in one.run("status")


def test_fresh_begins_anew(one):
    assert one.up("--fresh", "--auto-create").startswith("up: ")
    assert "t" not in one.tool("topics", "--list").split()
    assert produce(one.client(), "made-by-writing", [b"x"]) == [None]
    assert "made-by-writing" in one.tool("topics", "--list").split()


# ---- three brokers ----


@pytest.fixture(scope="module")
def three(clusters):
    kafka = clusters("three")
    kafka.up("--brokers", "3")
    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    return kafka


@pytest.mark.slow
def test_three_brokers_are_a_cluster(three):
    status = three.run("status")
    assert "registered=1,2,3" in status and "under_replicated=0" in status
    partition = metadata(three.client(), "t").partitions[0]
    assert sorted(partition.replicas) == sorted(partition.isrs) == [1, 2, 3]
    described = three.tool("topics", "--describe", "--topic", "__consumer_offsets")
    assert "ReplicationFactor: 3" in described
    out = three.tool("configs", "--describe", "--all", "--entity-type", "topics", "--entity-name", "t")
    assert "min.insync.replicas=2" in out
    rss = [int(found) for found in re.findall(r"pid \d+, (\d+) MiB", status)]
    assert len(rss) == 3 and sum(rss) < 2048


@pytest.mark.slow
def test_records_flow_through_kill_restart_pause_and_resume(three):
    settings = three.client()
    with Load(settings, "t") as load:
        load.flows(10, "at first")

        killed = leader(settings, "t")
        three.run("kill", str(killed))
        eventually(lambda: leader(settings, "t") not in (killed, -1), 20, "another leads after the kill")
        load.flows(20, "with two of three")
        three.run("restart", str(killed))
        assert sorted(metadata(settings, "t").partitions[0].isrs) == [1, 2, 3]

        paused = leader(settings, "t")
        three.run("pause", str(paused))
        eventually(lambda: leader(settings, "t") not in (paused, -1), 30, "another leads during the pause")
        load.flows(30, "with one hanging")
        three.run("resume", str(paused))
        eventually(lambda: sorted(metadata(settings, "t").partitions[0].isrs) == [1, 2, 3], 30, "all in sync again")

        three.run("restart", str(leader(settings, "t")))
        load.flows(20, "at the end")
    assert not load.failed
    assert len(load.acknowledged) == load.sent
    assert read_all(settings, "t") == [b"%d" % i for i in range(load.sent)]


@pytest.mark.slow
def test_one_of_three_is_too_few(three):
    for broker in (1, 2):
        three.run("stop", str(broker))
    status = three.run("status", expect=1)
    assert status.count("stopped") == 2
    assert produce(three.client(), "t", [b"x"], seconds=3) != [None]
    assert three.run("up").startswith("up again")
    assert produce(three.client(), "t", [b"y"]) == [None]


@pytest.mark.slow
def test_three_brokers_down_and_up(three):
    pids = [three.pid(broker) for broker in (1, 2, 3)]
    before = read_all(three.client(), "t")
    three.run("pause", "2")
    three.run("down")
    eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 5, "the processes are gone")
    three.run("up")
    assert read_all(three.client(), "t") == before
    three.run("down", "--purge")
    assert not three.directory.exists()


# ---- an empty cache ----


@pytest.mark.slow
def test_first_use_tells_what_it_does_and_later_ones_need_no_maven(clusters, tmp_path, tmp_path_factory):
    kafka = clusters("first")
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    first = kafka.call("up", "--port", str(kafka.port), timeout=400, **cache)
    assert first.returncode == 0, first.stderr
    assert "first use of Kafka 4.3" in first.stderr
    kafka.run("down", **cache)
    without = everything_but(tmp_path_factory.mktemp("bin"), "mvn", "javac")
    again = kafka.call("up", **cache, **without)
    assert again.returncode == 0, again.stderr
    assert "first use" not in again.stderr
    kafka.run("down", **cache)


# ---- TLS, passwords, ACLs ----


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def grant(kafka):
    kafka.tool("acls", "--add", "--allow-principal", "User:chatbridge", "--operation", "All", "--topic", "t")


@pytest.mark.slow
def test_tls_and_plain_passwords(clusters, one):
    kafka = clusters("plain")
    said = kafka.up("--tls", "--sasl", "plain")
    assert str(kafka.directory / "tls/ca.pem") in said
    assert one.run("status"), "the other cluster runs beside it"
    secrets = [*kafka.directory.glob("secrets/*"), *kafka.directory.glob("clients/*"), *kafka.directory.glob("tls/*")]
    assert {mode(path) for path in secrets} == {0o600}
    assert kafka.run("env").splitlines() == [
        "[kafka]", f"bootstrap.servers = 127.0.0.1:{kafka.port}", "security.protocol = SASL_SSL",
        f"ssl.ca.location = {kafka.directory}/tls/ca.pem", "sasl.mechanisms = PLAIN", "sasl.username = chatbridge",
        f"sasl.password.file = {kafka.directory}/secrets/chatbridge.password"]

    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    user, admin = kafka.client(), kafka.client(admin=True)
    assert produce(admin, "t", [b"by admin"]) == [None]
    assert produce(user, "t", [b"x"], seconds=4) == ["TOPIC_AUTHORIZATION_FAILED"]
    done = kafka.call("tool", "--as", "chatbridge", "topics", "--create", "--topic", "mine")
    assert done.returncode != 0 and "Authorization failed" in done.stdout + done.stderr
    grant(kafka)
    assert eventually(lambda: produce(user, "t", [b"granted"], seconds=4) == [None], 10, "the ACL is in force")
    assert produce({**user, "sasl.password": "wrong"}, "t", [b"x"], seconds=3) == ["_MSG_TIMED_OUT"]
    without_ca = {key: value for key, value in user.items() if key != "ssl.ca.location"}
    assert produce(without_ca, "t", [b"x"], seconds=3) == ["_MSG_TIMED_OUT"]
    by_name = {**user, "bootstrap.servers": f"localhost:{kafka.port}"}
    assert read_all({**admin, "bootstrap.servers": by_name["bootstrap.servers"]}, "t")[0] == b"by admin"


@pytest.mark.slow
def test_scram_on_kafka_3(clusters):
    kafka = clusters("scram3")
    assert kafka.up("--version", "3.9", "--tls", "--sasl", "scram").startswith("up: Kafka 3.9")
    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    grant(kafka)
    user = kafka.client()
    assert user["sasl.mechanisms"] == "SCRAM-SHA-512"
    assert produce(user, "t", [b"1"]) == [None]
    assert produce({**user, "sasl.mechanisms": "SCRAM-SHA-256"}, "t", [b"2"]) == [None]
    assert produce({**user, "sasl.password": "wrong"}, "t", [b"x"], seconds=3) == ["_MSG_TIMED_OUT"]
    assert read_all(kafka.client(admin=True), "t") == [b"1", b"2"]
    assert kafka.tool("console-consumer", "--topic", "t", "--from-beginning", "--max-messages", "1").split() == ["1"]
    kafka.run("down")
    assert kafka.run("up").startswith("up again")
    assert produce(user, "t", [b"3"]) == [None], "the passwords are as before"


@pytest.fixture(scope="module")
def scram4(clusters):
    kafka = clusters("scram4")
    done = kafka.call("up", "--port", str(kafka.port), "--version", "4.3", "--sasl", "scram")
    assert done.returncode == 0, done.stderr
    assert "librdkafka before 2.6.1" in done.stderr
    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    grant(kafka)
    return kafka


@pytest.mark.slow
def test_scram_on_kafka_4(scram4):
    """By Kafka's own client, whatever the librdkafka of this machine can do."""
    scram4.tool("--as", "chatbridge", "console-producer", "--topic", "t", text="1\n")
    settings = scram4.directory / "clients/chatbridge.properties"
    wrong = scram4.directory / "clients/wrong.properties"
    password = (scram4.directory / "secrets/chatbridge.password").read_text().strip()
    wrong.write_text(settings.read_text().replace(password, "wrong"))
    done = scram4.call("tool", "topics", "--list", "--command-config", str(wrong))
    assert done.returncode != 0
    assert "SaslAuthenticationException" in done.stdout + done.stderr


@pytest.mark.slow
@needs_scram_fix
def test_scram_on_kafka_4_by_librdkafka(scram4):
    assert produce(scram4.client(), "t", [b"2"]) == [None]


@pytest.mark.slow
def test_three_brokers_of_kafka_3_with_tls(clusters):
    kafka = clusters("three3")
    kafka.up("--version", "3.9", "--brokers", "3", "--tls")
    kafka.tool("topics", "--create", "--topic", "t", "--partitions", "1")
    settings = kafka.client()
    assert produce(settings, "t", [b"1"]) == [None]
    killed = leader(settings, "t")
    kafka.run("kill", str(killed))
    eventually(lambda: leader(settings, "t") not in (killed, -1), 20, "another leads")
    assert produce(settings, "t", [b"2"]) == [None]
    kafka.run("down")
