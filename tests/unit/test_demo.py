from __future__ import annotations

import json

import pytest

from tools.demo import Note


def test_note_survives_postgresql() -> None:
    note = Note(steps=["apps"], modules={"crm_x": "1f"}, dataset="cdnow-sample")
    assert Note.read(json.dumps(vars(note))) == note


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "",
        "shop of Ann",
        "[]",
        '{"maker": "Ann"}',
        '{"maker": "make demo", "x": 1}',
    ],
)
def test_a_database_of_somebody_else(comment: str | None) -> None:
    assert Note.read(comment) is None
