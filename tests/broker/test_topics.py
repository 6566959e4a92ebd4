# SPDX-License-Identifier: MIT
"""chatbridge topics: what is missing, what is unfit, and that nothing is changed without being asked."""
from test_limits import alter

import harness
from harness import comment_webhook, post_comment, wait_for
from test_cli import run


def config_of(cluster, tmp_path, **settings):
    bridge = harness.Bridge.__new__(harness.Bridge)
    names = {name: f"t{abs(hash(str(tmp_path)))}.{name}" for name in ("events", "rejected", "commands", "results", "dlq")}
    bridge.settings = {"kafka": cluster.settings(), "topics": names,
                       "app:demo": {"base.url": "http://127.0.0.1:1", "secret": "s"}}
    bridge.set(settings)
    path = tmp_path / "topics.ini"
    path.write_text("".join(f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in kv.items()) for s, kv in bridge.settings.items()))
    return str(path), names


def topics(*arguments, wanted=0):
    return run("topics", *arguments, wanted=wanted).stdout


def test_create_and_check(plain, tmp_path):
    config, names = config_of(plain, tmp_path)
    missing = topics("check", "-c", config, wanted=1)
    assert missing.count("it does not exist") == 5
    assert topics("create", "-c", config, "--dry-run").count("would ") == 5
    assert topics("check", "-c", config, wanted=1) == missing, "nothing was changed"
    assert topics("create", "-c", config, "--partitions", "3").count("created ") == 5
    fine = topics("check", "-c", config)
    assert fine.count("ok ") == 5 and fine.count("3 partitions, 1 replicas") == 5
    assert topics("create", "-c", config).count("stays as it is") == 5
    described = plain.tool("topics", "--describe", "--topic", names["dlq"])
    assert "PartitionCount: 3" in described and "retention.ms=2592000000" in described and "cleanup.policy=delete" in described


def test_what_differs_and_what_it_means(plain, tmp_path):
    config, names = config_of(plain, tmp_path)
    topics("create", "-c", config, "--partitions", "1")
    alter(plain, names["events"], "cleanup.policy=compact,max.message.bytes=100000")
    alter(plain, names["commands"], "retention.ms=60000,min.insync.replicas=2")
    alter(plain, names["results"], "unclean.leader.election.enable=true")
    wait_for(lambda: "unclean" in topics("check", "-c", config, wanted=1), 20, "the last change is heard of")
    said = topics("check", "-c", config, wanted=1)
    lines = {name: [line for line in said.splitlines() if f" {topic}: " in line] for name, topic in names.items()}
    assert [line.split()[0] for line in lines["events"]] == ["error", "warning"]
    assert "of a room's events only the newest stays" in lines["events"][0] and "413" in lines["events"][1]
    assert "with acks=all it takes nothing" in lines["commands"][0]
    assert "within 1 minutes is gone" in lines["commands"][1] and "one partition" in lines["commands"][2]
    assert "acknowledged records may be lost" in lines["results"][0]
    assert lines["dlq"][0].startswith("ok")


def test_replicas(three, tmp_path):
    config, names = config_of(three, tmp_path)
    assert "3 replicas" in topics("create", "-c", config)
    assert topics("check", "-c", config).count("ok ") == 5
    described = three.tool("topics", "--describe", "--topic", names["events"])
    assert "ReplicationFactor: 3" in described and "min.insync.replicas=2" in described
    alter(three, names["events"], "min.insync.replicas=1")
    alter(three, names["dlq"], "min.insync.replicas=3")
    wanted = ("acknowledged by one broker alone", "takes nothing while one broker is away")
    # Each broker hears of a changed setting a moment later.
    wait_for(lambda: all(words in topics("check", "-c", config) for words in wanted), 20, "both are told")


def test_a_bridge_that_was_there_first(make_bridge, plain, sandbox):
    """Topics that are made after the bridge has started are found soon."""
    bridge = make_bridge(plain, sandbox)
    bridge.set({"topics": {name: f"late.{topic}" for name, topic in bridge.topics.items()}})
    bridge.start(outbound=False)
    bridge.program.wait_log("topic is not ready")
    assert topics("create", "-c", str(bridge.write())).count("created ") == 5
    bridge.program.wait_log(r"outbound: assigned\" partitions=6", 40)
    bridge.command(post_comment(1, "x", id="c"))
    assert bridge.results(1)[0].json()["status"] == "succeeded"
    assert bridge.webhook(comment_webhook(1, 1))[0] == 200


def test_rights_and_no_kafka(secure, tmp_path):
    config, _ = config_of(secure, tmp_path)
    assert "is not created" in run("topics", "create", "-c", config, wanted=1).stderr
    config, _ = config_of(secure, tmp_path, kafka={"bootstrap.servers": "127.0.0.1:1"})
    assert "Kafka does not answer" in run("topics", "check", "-c", config, wanted=1).stderr
