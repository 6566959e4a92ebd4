# SPDX-License-Identifier: MIT
"""`make kafka` and the steps that the README gives for it."""
import re
import socket
import subprocess

import harness


def test_the_readmes_steps(tmp_path):
    """Typed as they stand, but for the programs' folder and the ports."""
    (tmp_path / "build").mkdir()
    for program in ("chatbridge", "chat-sandbox"):
        (tmp_path / "build" / program).symlink_to(harness.BUILD / program)
    env = {**harness.clean_environment(), "CHATBRIDGE_KAFKA_DIR": str(tmp_path / "kafka"), "CHATBRIDGE_BUILD": str(tmp_path / "build")}
    kafka = harness.ROOT / "deploy/kafka/kafka"
    tried = subprocess.run([harness.ROOT / "deploy/kafka/try"], env=env, capture_output=True, text=True,
                           timeout=300 * harness.SLOW, check=False)
    try:
        assert tried.returncode == 0, (tried.stdout, tried.stderr)
        ports = {}
        for name in ("127.0.0.1:8080", "127.0.0.1:9300"):
            with socket.create_server(("127.0.0.1", 0)) as free:
                ports[name] = f"127.0.0.1:{free.getsockname()[1]}"
        config = tmp_path / "build/kafka.ini"
        steps = re.search(r"^```bash\n(.*?)^```", (harness.ROOT / "README.md").read_text(), re.M | re.S).group(1)
        text = config.read_text()
        for name, port in ports.items():
            text, steps = text.replace(name, port), steps.replace(name, port)
        config.write_text(text)
        steps = steps.replace("build/", str(tmp_path / "build") + "/")
        steps = re.sub(r"(\S+/chat-sandbox .*?) &$", rf"\1 > {tmp_path}/sandbox.log &", steps, flags=re.M | re.S, count=1)
        script = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>&-' EXIT\n{steps}"
        del env["CHATBRIDGE_BUILD"]
        done = subprocess.run(["bash", "-c", script], cwd=harness.ROOT, env=env, capture_output=True, text=True,
                              timeout=180 * harness.SLOW, check=False)
        assert done.returncode == 0, script + done.stdout + done.stderr
        assert done.stdout.count("created ") == 5 and done.stdout.count("ok ") == 5
        assert '"status":"succeeded"' in done.stdout and "com.qiscus.chat.post_comment_rest" in done.stdout
        assert re.search(r"^chatbridge\s", done.stdout, re.M), "the group, as Kafka's own tool sees it"
    finally:
        env.pop("CHATBRIDGE_BUILD", None)
        subprocess.run([kafka, "down", "--purge"], env=env, check=True, capture_output=True, timeout=60 * harness.SLOW)
