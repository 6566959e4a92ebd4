# SPDX-License-Identifier: MIT
"""The documents are right: their commands run, their tables are the program's own."""
import pathlib
import re
import subprocess

import pytest

import harness
from test_cli import run, start_dev

README = (harness.ROOT / "README.md").read_text()
DOCUMENTS = [harness.ROOT / "README.md", *sorted((harness.ROOT / "docs").glob("*.md")), *sorted(harness.ROOT.glob("deploy/*/README.md"))]


def blocks(text):
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


def test_the_readmes_commands_run_in_order(tmp_path):
    """As a reader would type them beside `make run`, with the ports and paths of this run."""
    dev, places = start_dev(tmp_path)
    try:
        found = blocks(README)
        assert len(found) >= 8
        for block in found:
            for name, place in places.items():
                block = block.replace(name, place)
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=harness.ROOT, capture_output=True,
                                  text=True, env=harness.clean_environment(), timeout=60 * harness.SLOW, check=False)
            assert done.returncode == 0, (block, done.stdout, done.stderr)
            assert '"error"' not in done.stdout, (block, done.stdout)
    finally:
        dev.stop()


def test_make_targets_exist():
    targets = set(re.findall(r"^  make ([a-z-]+)", subprocess.run(
        ["make", "help"], cwd=harness.ROOT, capture_output=True, text=True, check=True).stdout, re.M))
    assert {"deps", "deps-dev", "all", "run", "demo", "test", "lint", "layers", "asan", "clean", "install"} <= targets
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z-]+)", document.read_text()))
        assert named <= targets, (document, named - targets)


def test_settings_reference_is_the_programs_own():
    assert (harness.ROOT / "docs/settings.md").read_text() == run("settings", "--markdown").stdout


def test_every_command_is_in_the_readme():
    for command in re.findall(r"^  ([a-z]+) ", run("--help").stdout, re.M):
        assert f"| `{command}` |" in README, command


def test_every_header_is_in_the_contracts():
    contract = (harness.ROOT / "bridge/contract.h").read_text()
    headers = re.findall(r'#define HEADER_\w+\s+"([^"]+)"', contract)
    text = (harness.ROOT / "docs/contracts.md").read_text()
    assert len(headers) > 15
    assert not [header for header in headers if f"`{header}`" not in text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(harness.ROOT)))
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in link:
            assert (document.parent / link).exists(), link
    for path in re.findall(r"`((?:bridge|producers|consumers|deploy|tests|docs)/[\w./-]+)`", document.read_text()):
        if re.search(r"/[A-Z]+(/|$)", path):
            continue  # a placeholder
        assert list(harness.ROOT.glob(path)) or pathlib.Path(harness.ROOT / path).exists(), path
