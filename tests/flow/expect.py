# SPDX-License-Identifier: MIT
"""Comparing with what a case expects: a text that begins with "re:" is a pattern for the whole."""
import json
import pathlib
import re

CASES = pathlib.Path(__file__).resolve().parent.parent / "cases"


def names(area):
    found = sorted(path.name for path in (CASES / area).iterdir() if path.is_dir())
    assert found, f"no cases in {area}"
    return found


def expected(area, name):
    return json.loads((CASES / area / name / "expected.json").read_text())


def matches(wanted, got):
    if isinstance(wanted, str) and wanted.startswith("re:"):
        return got is not None and re.fullmatch(wanted[3:], got, re.S) is not None
    return wanted == got


def differences(wanted, got):
    """Of the wanted members, those that `got` has otherwise."""
    return {key: (value, got.get(key)) for key, value in wanted.items() if not matches(value, got.get(key))}
