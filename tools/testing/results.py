"""Results of a stage, and of pytest's own report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path


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
    """

    test: str
    node: str
    state: str


def read_report(path: Path) -> list[Case]:
    """The tests in a report of `pytest --junit-xml -o junit_family=xunit1`.

    A test with several failing sub-tests is in the file several times: it counts once,
    with its worst state.
    """
    if not path.is_file():
        return []
    cases: dict[str, Case] = {}
    for element in ET.parse(path).iter("testcase"):
        file, name = element.get("file", ""), element.get("name", "")
        group = element.get("classname", "").rsplit(".", 1)[-1]
        in_class = group[:1].isupper()
        inner = f"{group}.{name}" if in_class else name
        folder = Path(file).parent
        module = folder.parent.name if "addons" in folder.parts else file
        node = "::".join([file, *([group] if in_class else []), name])
        states = {child.tag for child in element}
        state = "failed" if states & {"failure", "error"} else "passed"
        if state == "passed" and "skipped" in states:
            state = "skipped"
        known = cases.get(node)
        if known is None or known.state != "failed":
            cases[node] = Case(f"{module}: {inner}", node, state)
    return list(cases.values())


def count(cases: list[Case]) -> Result:
    """The numbers of a report; no test at all is a failure."""
    result = Result()
    for case in cases:
        setattr(result, case.state, getattr(result, case.state) + 1)
    return result if cases else result.fail("no test was executed")
