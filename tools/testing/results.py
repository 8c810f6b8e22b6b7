"""Results of a stage, and of pytest's own report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LONGEST = 60  # lines shown of a failure


@dataclass
class Result:
    """What one stage did.

    :param notes: what the reader of the summary should know
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def fail(self, note: str) -> Result:
        """Count one failure that is not a test's."""
        self.failed += 1
        self.notes.append(note)
        return self


@dataclass(frozen=True)
class Case:
    """One test of pytest's report.

    :param test: `module: Class.method` for an add-on's test, else `file: Class.method`
    :param node: what pytest runs it by
    :param words: how it failed, or why it was skipped
    """

    test: str
    node: str
    state: str
    words: str = ""
    seconds: float = 0.0


def read_report(path: Path) -> list[Case]:
    """The tests in a report of `pytest --junit-xml -o junit_family=xunit1`.

    A test with several failing sub-tests is in the file several times: it counts once,
    with its worst state.
    """
    if not path.is_file():
        return []
    cases: dict[str, Case] = {}
    for element in ET.parse(path).iter("testcase"):
        case = _read_case(element)
        known = cases.get(case.node)
        if known is None or known.state != "failed":
            cases[case.node] = case
    return list(cases.values())


def count(cases: list[Case]) -> Result:
    """The numbers of a report, and each test that did not run or was not right.

    No test at all is a failure.
    """
    result = Result(notes=skips(cases))
    for case in cases:
        setattr(result, case.state, getattr(result, case.state) + 1)
        if case.state == "failed":
            result.notes.append(f"failed: {case.test}")
    return result if cases else result.fail("no test was executed")


def skips(cases: Iterable[Case]) -> list[str]:
    """A line for each skipped test: nothing is left out without a word."""
    skipped = (case for case in cases if case.state == "skipped")
    return [f"skipped: {case.test}: {case.words}" for case in skipped]


def failures(cases: Iterable[Case]) -> list[str]:
    """What the failed tests say, each cut after some lines."""
    found = []
    for case in cases:
        if case.state == "failed":
            lines = case.words.splitlines()
            # The last lines tell most.
            found.append("\n".join([f"FAILED {case.test}", *lines[-LONGEST:]]))
    return found


def _read_case(element: ET.Element) -> Case:
    file, name = element.get("file", ""), element.get("name", "")
    group = element.get("classname", "").rsplit(".", 1)[-1]
    in_class = group[:1].isupper()
    inner = f"{group}.{name}" if in_class else name
    folder = Path(file).parent
    is_addon = folder.name == "tests" and folder.parent.name
    module = folder.parent.name if is_addon else file
    state, words = "passed", ""
    for child in element:
        if child.tag in ("failure", "error"):
            state, words = "failed", child.text or child.get("message", "")
            break
        if child.tag == "skipped":
            state, words = "skipped", child.get("message", "")
    return Case(
        test=f"{module}: {inner}",
        node="::".join([file, *([group] if in_class else []), name]),
        state=state,
        words=words,
        seconds=float(element.get("time", 0)),
    )
