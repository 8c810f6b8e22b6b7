"""Sharing tests, reading logs and reports, and judging Odoo's own suites."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.modules import Module
from tools.settings import ROOT, Settings
from tools.testing import addons, summary
from tools.testing.databases import problems
from tools.testing.results import Case, Result, count, failures, read_report
from tools.testing.run import Run
from tools.testing.shard import group_of, parts, read_seconds
from tools.testing.stock import BASELINE, judge, read_baseline

STAMP = "2026-11-22 22:11:19,841 15912"
LOG = f"""\
Running as user 'root' is a security risk.
{STAMP} INFO db odoo.modules.loading: Loading module crm (1/2)
{STAMP} WARNING db odoo.addons.crm.models.crm_lead: something odd
{STAMP} ERROR db odoo.sql_db: bad query: SELECT 1
"""
REPORT = """\
<testsuites><testsuite name="pytest">
<testcase classname="addons.crm.tests.test_a.TestA" name="test_good"
  file="o/addons/crm/tests/test_a.py" time="1.5"/>
<testcase classname="addons.crm.tests.test_a.TestA" name="test_bad"
  file="o/addons/crm/tests/test_a.py"><failure message="sub-test"
  >assert 1 == 2</failure></testcase>
<testcase classname="addons.crm.tests.test_a.TestA" name="test_bad"
  file="o/addons/crm/tests/test_a.py"/>
<testcase classname="tests.unit.test_x" name="test_later"
  file="tests/unit/test_x.py"><skipped message="no such program">x</skipped></testcase>
</testsuite></testsuites>
"""


def test_problems() -> None:
    assert problems(LOG) == [
        "WARNING odoo.addons.crm.models.crm_lead: something odd",
        "ERROR odoo.sql_db: bad query: SELECT 1",
    ]
    assert problems(LOG.splitlines()[0]) == []
    assert problems(f"{STAMP} INFO db odoo.x: fine") == []


def test_report(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    cases = read_report(path)
    good, bad, later = cases
    assert bad.test == "crm: TestA.test_bad"
    assert bad.node == "o/addons/crm/tests/test_a.py::TestA::test_bad"
    assert [case.state for case in cases] == ["passed", "failed", "skipped"]
    assert later.node == "tests/unit/test_x.py::test_later"
    assert good.seconds == 1.5
    result = count(cases)
    assert (result.passed, result.failed, result.skipped) == (1, 1, 1)
    assert result.notes == [
        "skipped: tests/unit/test_x.py: test_later: no such program",
        "failed: crm: TestA.test_bad",
    ]
    [words] = failures(cases)
    assert words == "FAILED crm: TestA.test_bad\nassert 1 == 2"


def test_parts() -> None:
    """The longest first, each to who has the least; a new class by its tests."""
    groups = ["a", "b", "b", "c", "d", "d", "d"]
    assert parts(groups, {"a": 9.0, "b": 5.0, "c": 4.5}, 2) == [{"a", "d"}, {"b", "c"}]
    assert parts(groups, {}, 1) == [{"a", "b", "c", "d"}]
    assert parts([], {}, 2) == [set(), set()]
    assert group_of("x/tests/test_a.py::TestA::test_b[1]") == "x/tests/test_a.py::TestA"


TEST = """
from unittest import TestCase
class TestA(TestCase):
    def test_1(self): ...
    def test_2(self): ...
class TestB(TestCase):
    def test_3(self): self.fail("broken")
"""


def test_processes_share_the_tests(tmp_path: Path) -> None:
    """Two real pytest processes: each test runs once, a class in one of them."""
    (tmp_path / "test_x.py").write_text(TEST)
    ran = []
    for number in (1, 2):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:odoo", "-v", tmp_path]
            + ["-p", "tools.testing.shard", f"--shard={number}/2"]
            + [f"--shard-seconds={tmp_path / 'none.json'}", "-c", "/dev/null"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        ran.append(re.findall(r"::(\w+::\w+) (PASSED|FAILED)", done.stdout))
    assert ran == [
        [("TestA::test_1", "PASSED"), ("TestA::test_2", "PASSED")],
        [("TestB::test_3", "FAILED")],
    ]


def test_seconds_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "seconds.json"
    cases = [Case("", f"x.py::TestA::{n}", "passed", seconds=1.25) for n in "ab"]
    addons._keep_seconds(path, cases)
    addons._keep_seconds(path, [Case("", "x.py::TestB::c", "failed", seconds=3)])
    addons._keep_seconds(path, [Case("", "x.py::TestB::c", "passed", seconds=1e9)])
    assert read_seconds(path) == {"x.py::TestA": 2.5, "x.py::TestB": 3}


def test_chosen_module(tmp_path: Path) -> None:
    modules = [Module(tmp_path / name, (), False) for name in ("crm_a", "crm_b")]
    assert addons.chosen(modules, "") == modules
    assert addons.chosen(modules, "crm_b") == modules[1:]
    with pytest.raises(ToolError, match="no module crm_c; there are: crm_a, crm_b"):
        addons.chosen(modules, "crm_c")


@pytest.mark.parametrize(
    ("args", "where"),
    [
        ([], ["default"]),
        (["-k", "tests or tools"], ["default", "-k", "tests or tools"]),
        (["tests/unit", "-x"], ["tests/unit", "-x"]),
        (["tests/unit/test_ports.py::test_x"], ["tests/unit/test_ports.py::test_x"]),
    ],
)
def test_args_add_to_the_tests_or_name_them(args: list[str], where: list[str]) -> None:
    run = Run(Settings(), odoo=None, databases=None, modules=[], args=args)
    assert run.where("default") == where


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
        "skipped: crm: left: ",
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
