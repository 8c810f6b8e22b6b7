from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.settings import DEFAULT_DB, Settings


def test_defaults() -> None:
    settings = Settings.from_env({"PORT": "", "DB": " "})
    assert settings.db == DEFAULT_DB
    assert settings.port is None
    assert settings.serve
    assert settings.dataset == "cdnow-sample"


def test_everything_given(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "ODOO_HOME": str(tmp_path),
            "ADDONS_PATH": f"{tmp_path}, {tmp_path}",
            "DB": "shop",
            "PGDATABASE": "other",
            "PORT": "8400",
            "SERVE": "0",
            "AS_OF": "2026-02-28",
            "STAGE": "unit, stock",
            "AT": "2026-12-31 23:30",
            "ARGS": "-k value -x",
        }
    )
    assert settings.odoo_home == tmp_path
    assert settings.addons_path == (tmp_path, tmp_path)
    assert (settings.db, settings.port, settings.serve) == ("shop", 8400, False)
    assert settings.as_of == date(2026, 2, 28)
    assert settings.stages == ("unit", "stock")
    assert settings.at == datetime(2026, 12, 31, 23, 30, tzinfo=timezone.utc)
    assert settings.args == ("-k", "value", "-x")


def test_database_of_postgresql_variables() -> None:
    assert Settings.from_env({"PGDATABASE": "other"}).db == "other"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "0"),
        ("DB", "a b"),
        ("DB", "x" * 49),
        ("DB", "-x"),
        ("AS_OF", "yesterday"),
        ("AS_OF", "2026-02-30"),
        ("ADDONS_PATH", "/no/such/folder"),
        ("AT", "tomorrow"),
        ("AT", "2026-12-31"),
        ("AT", "2026-02-29 12:00"),
        ("AT", "1999-12-31 23:59"),
    ],
)
def test_nonsense_is_named(name: str, value: str) -> None:
    with pytest.raises(ToolError, match=name):
        Settings.from_env({name: value})
