"""Reading the log of an Odoo run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# 2026-01-31 12:00:00,000 123 INFO database odoo.addons.crm.tests.test_x: message
_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ "
    r"(?P<logger>[\w.]+): (?P<text>.*)"
)
_STARTING = re.compile(r"Starting (?P<test>\w+\.\w+)")
_FAILED = re.compile(r"(?P<kind>FAIL|ERROR): (?P<test>.+)")
_SUBTEST = re.compile(r"Subtest (?P<test>\w+\.\w+)")
_SETUP = re.compile(r"(?:setUpClass|tearDownClass|setUpModule) \((?P<test>[\w.]+)\)")
_MODULE = re.compile(r"^odoo\.addons\.(?P<name>\w+)")
# What Odoo says about every machine: nothing to do with any module.
_NOISE = ("Running as user 'root'", "is not officially supported")


@dataclass(frozen=True)
class Outcome:
    """What a test run did: test ids are `module: Class.method`."""

    run: frozenset[str]
    failed: frozenset[str]


def outcome(text: str) -> Outcome:
    """The tests that a log reports as started, and as failed."""
    run, failed = set(), set()
    for line in text.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        module = _MODULE.match(found["logger"])
        prefix = f"{module['name']}: " if module else ""
        if started := _STARTING.match(found["text"]):
            run.add(prefix + started["test"])
        elif found["level"] == "ERROR" and (failure := _FAILED.match(found["text"])):
            failed.add(prefix + _test_name(failure["test"]))
    return Outcome(frozenset(run), frozenset(failed))


def failures(text: str, longest: int = 60) -> list[str]:
    """The failed tests with what they say, each cut after some lines."""
    blocks: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            inside = found["level"] == "ERROR" and bool(_FAILED.match(found["text"]))
            if inside:
                blocks.append([found["text"]])
        elif inside and len(blocks[-1]) < longest:
            blocks[-1].append(line)
    return ["\n".join(block) for block in blocks]


def problems(text: str, modules: Iterable[str] = ()) -> list[str]:
    """Warnings and errors in a log.

    :param modules: only those that name one of these modules, or come from its code
    """
    names = [re.compile(rf"\b{re.escape(name)}\b") for name in modules]
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or match["level"] not in ("WARNING", "ERROR", "CRITICAL"):
            continue
        if any(noise in line for noise in _NOISE):
            continue
        if not names or any(name.search(line) for name in names):
            found.append(f"{match['level']} {match['logger']}: {match['text']}")
    return found


def _test_name(text: str) -> str:
    """`Class.method`, also of a sub-test or a class that could not be set up."""
    if sub_test := _SUBTEST.match(text):
        return sub_test["test"]
    if setup := _SETUP.match(text):
        return f"{setup['test'].rsplit('.', 1)[-1]}.setUpClass"
    return text.split()[0]
