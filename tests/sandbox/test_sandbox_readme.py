# SPDX-License-Identifier: MIT
"""deploy/sandbox/README.md tells the truth: its cases are those that there are, and nothing is left out of it."""
import re
import subprocess

from chat_sandbox import CASES, PROGRAM, ROOT, SLOW, running

README = (ROOT / "deploy" / "sandbox" / "README.md").read_text()
SOURCES = ROOT / "deploy" / "sandbox"


def table():
    """The rows of the table of cases: title, prefix, and the names of its cases."""
    rows = []
    for title, prefix, passes, refused in re.findall(r"^\| (.+) \(`([a-z_]+-)…`\) \| (.+) \| (.+) \|$", README, re.MULTILINE):
        rows.append((title, prefix, [prefix + n for n in re.findall(r"`([^`]+)`", passes + refused)]))
    return rows


def test_every_case_is_named_once():
    named = [name for _, _, names in table() for name in names]
    assert sorted(named) == sorted(p.name for p in CASES.iterdir() if p.is_dir())


def test_every_endpoint_has_a_row_and_an_example():
    routes = re.findall(r'^    \{"(GET|POST|DELETE)",\s+"([a-z_]+)(/?)"', (SOURCES / "api.c").read_text(), re.MULTILINE)
    assert len(routes) == 16
    titles = " ".join(title for title, _, _ in table())
    for method, path, slash in routes:
        assert f"`{method} {path}{'/ID' if slash else ''}`" in titles
    for title, prefix, names in table():
        assert prefix == "request-" or any(name.endswith("example") for name in names), title


def test_every_option_is_described():
    text = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=20 * SLOW, check=True).stdout
    options = re.findall(r"--([a-z-]+)", text.split("\n\n", 2)[2])
    assert len(options) > 15
    for option in options:
        assert option == "help" or f"`--{option}" in README, option


def test_every_control_path_is_described():
    with running() as sandbox:
        text = sandbox.send("GET", "/sandbox/").body.decode()
    for path in re.findall(r"^[A-Z]+ +(/sandbox/\S+)$", text, re.MULTILINE):
        assert path in README, path


def test_every_key_of_a_rule_is_described():
    keys = re.findall(r'^    \{"([a-z_]+)", KEY_', (SOURCES / "fault_rule.c").read_text(), re.MULTILINE)
    assert len(keys) == 18
    for key in keys:
        assert f"`{key}`" in README, key
