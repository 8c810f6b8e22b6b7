"""Reading Odoo's log and pytest's report, and judging Odoo's own suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.settings import ROOT
from tools.testing import summary
from tools.testing.log import failures, outcome, problems
from tools.testing.results import Case, Result, count, read_report
from tools.testing.stock import BASELINE, judge, read_baseline

STAMP = "2026-11-22 22:11:19,841 15912"
LOG = f"""\
Running as user 'root' is a security risk.
{STAMP} INFO db odoo.addons.crm.tests.test_a: Starting TestA.test_good ...
{STAMP} INFO db odoo.addons.crm.tests.test_a: Starting TestA.test_bad ...
{STAMP} WARNING db odoo.addons.crm.models.crm_lead: something odd
{STAMP} ERROR db odoo.addons.crm.tests.test_a: FAIL: TestA.test_bad
Traceback (most recent call last):
AssertionError: 1 != 2
{STAMP} INFO db odoo.addons.crm.tests.test_a: Starting TestA.test_parts ...
{STAMP} ERROR db odoo.addons.crm.tests.test_a: ERROR: Subtest TestA.test_parts (x=1)
KeyError: 'x'
{STAMP} ERROR db odoo.tests.suite: ERROR: setUpClass (odoo.addons.crm.tests.b.TestB)
{STAMP} ERROR db odoo.sql_db: bad query: SELECT 1
{STAMP} INFO db odoo.service.server: 3 post-tests in 238.25s, 43783 queries
"""
REPORT = """\
<testsuites><testsuite name="pytest">
<testcase classname="addons.crm.tests.test_a.TestA" name="test_good"
  file="o/addons/crm/tests/test_a.py"/>
<testcase classname="addons.crm.tests.test_a.TestA" name="test_bad"
  file="o/addons/crm/tests/test_a.py"><failure message="sub-test">1</failure></testcase>
<testcase classname="addons.crm.tests.test_a.TestA" name="test_bad"
  file="o/addons/crm/tests/test_a.py"/>
<testcase classname="tests.unit.test_x" name="test_later"
  file="tests/unit/test_x.py"><skipped message="no">x</skipped></testcase>
</testsuite></testsuites>
"""


def test_outcome() -> None:
    done = outcome(LOG)
    assert done.run == {
        "crm: TestA.test_good",
        "crm: TestA.test_bad",
        "crm: TestA.test_parts",
    }
    assert done.failed == {
        "crm: TestA.test_bad",
        "crm: TestA.test_parts",
        "TestB.setUpClass",
    }


def test_failures() -> None:
    first, second, third = failures(LOG)
    assert first.endswith("AssertionError: 1 != 2")
    assert second.startswith("ERROR: Subtest") and "KeyError" in second
    assert "TestB" in third and "bad query" not in third


def test_problems() -> None:
    assert problems(LOG)[0] == "WARNING odoo.addons.crm.models.crm_lead: something odd"
    assert problems(LOG)[-1] == "ERROR odoo.sql_db: bad query: SELECT 1"
    assert problems(LOG.splitlines()[0]) == []
    assert problems(f"{STAMP} INFO db odoo.x: fine") == []


def test_report(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    cases = read_report(path)
    bad = "o/addons/crm/tests/test_a.py::TestA::test_bad"
    assert Case("crm: TestA.test_bad", bad, "failed") in cases
    assert [case.state for case in cases] == ["passed", "failed", "skipped"]
    assert cases[-1].node == "tests/unit/test_x.py::test_later"
    result = count(cases)
    assert (result.passed, result.failed, result.skipped) == (1, 1, 1)


def test_no_test_is_a_failure(tmp_path: Path) -> None:
    assert count(read_report(tmp_path / "missing.xml")).failed == 1
    assert judge([], {}, set()).failed == 1


def _case(name: str, state: str) -> Case:
    return Case(f"crm: {name}", f"x::{name}", state)


def test_judge() -> None:
    cases = [
        _case("good", "passed"),
        _case("new", "failed"),
        _case("flaky", "failed"),
        _case("known", "failed"),
        _case("healed", "passed"),
        _case("left", "skipped"),
    ]
    baseline = {"crm: known": "why", "crm: healed": "why", "crm: gone": "why"}
    result = judge(cases, baseline, {"crm: flaky"})
    assert (result.passed, result.failed, result.skipped) == (3, 1, 2)
    told = "\n".join(result.notes)
    for words in (
        "fails with our modules: crm: new",
        "passes when run again: crm: flaky",
        "fails without our modules too: crm: known",
        "passes, though in the baseline: crm: healed",
        "in the baseline, but no test: crm: gone",
    ):
        assert words in told
    assert "gone" not in "".join(judge(cases, baseline, set(), partial=True).notes)


def test_baseline_needs_reasons(tmp_path: Path) -> None:
    path = tmp_path / "baseline.txt"
    path.write_text("# comment\n\ncrm: A.b  # flaky under load\n")
    assert read_baseline(path) == {"crm: A.b": "flaky under load"}
    path.write_text("crm: A.b\n")
    with pytest.raises(ToolError, match=r"baseline\.txt:1"):
        read_baseline(path)


def test_our_baseline_is_readable() -> None:
    assert all(": " in test for test in read_baseline(ROOT / BASELINE))


def test_summary() -> None:
    good = Result(passed=2, skipped=1, seconds=61)
    bad = Result(passed=1, seconds=2).fail("it broke")
    lines = summary({"unit": good, "odoo": bad}).splitlines()
    assert lines[-1] == "3 passed, 1 failed, 1 skipped"
    assert lines[-2] == "total time: 1 min 3 s"
    assert "odoo: it broke" in lines
