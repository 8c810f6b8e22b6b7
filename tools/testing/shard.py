"""A pytest plugin: one of several processes, each of which runs a part of the tests.

A class is never cut: what it sets up for its tests takes longer than most of them.
Each process collects all tests and arrives at the same parts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

Seconds = Mapping[str, float]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shard", default="1/1", help="the part to run: 1/2, 2/2")
    parser.addoption("--shard-seconds", help="a file with what each class took")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    number, count = map(int, config.getoption("--shard").split("/"))
    mine = parts(
        [group_of(item.nodeid) for item in items],
        read_seconds(Path(config.getoption("--shard-seconds"))),
        count,
    )[number - 1]
    others = [item for item in items if group_of(item.nodeid) not in mine]
    items[:] = [item for item in items if group_of(item.nodeid) in mine]
    config.hook.pytest_deselected(items=others)


def group_of(node: str) -> str:
    """`file::Class` of a test, or its file."""
    return node.rpartition("::")[0]


def parts(groups: Sequence[str], seconds: Seconds, count: int) -> list[set[str]]:
    """The classes in ``count`` parts that take about the same time.

    :param groups: the class of each test
    :param seconds: that a class took the last time; a new one counts a second a test
    """
    expected = {group: seconds.get(group, groups.count(group)) for group in groups}
    found: list[set[str]] = [set() for _part in range(count)]
    sums = [0.0] * count
    for group in sorted(expected, key=lambda group: (-expected[group], group)):
        smallest = sums.index(min(sums))
        found[smallest].add(group)
        sums[smallest] += expected[group]
    return found


def read_seconds(path: Path) -> dict[str, float]:
    return json.loads(path.read_text()) if path.is_file() else {}
