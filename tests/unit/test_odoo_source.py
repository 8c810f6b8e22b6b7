from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import apt, odoo_source
from tools.errors import ToolError
from tools.odoo_source import OdooSource, ensure_odoo, ensure_package, series_of
from tools.settings import Settings

RELEASE = "version_info = ({series}, 0, FINAL, 0, '')\n"
PACKAGE_PATH = "usr/lib/python3/dist-packages/odoo"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkout of its own, and a python that has no Odoo."""
    monkeypatch.setattr(odoo_source, "find_importable", lambda: None)
    return Settings(root=tmp_path / "checkout")


def _odoo(folder: Path, series: str) -> Path:
    release = folder / "odoo" / "release.py"
    release.parent.mkdir(parents=True)
    release.write_text(RELEASE.format(series=series))
    return folder


@pytest.mark.parametrize(
    ("series", "expected"), [("19, 0", "19.0"), ("'saas~19', 2", "saas~19.2")]
)
def test_series(tmp_path: Path, series: str, expected: str) -> None:
    assert series_of(_odoo(tmp_path, series)) == expected


def test_a_checkout_of_the_user(tmp_path: Path, settings: Settings) -> None:
    home = _odoo(tmp_path / "home", "19, 0")
    for name in ("addons/crm", "odoo/addons/base"):
        (home / name).mkdir(parents=True)
        (home / name / "__manifest__.py").write_text("{}")
    given = Settings(root=settings.root, odoo_home=home)
    source = ensure_odoo(given)
    assert source == OdooSource(home)
    assert source.addons == [home / "addons", home / "odoo" / "addons"]
    assert not given.var.exists()


def test_the_wrong_series(tmp_path: Path, settings: Settings) -> None:
    home = _odoo(tmp_path / "home", "18, 0")
    with pytest.raises(ToolError, match=r"is Odoo 18\.0; 19\.0 is needed"):
        ensure_odoo(Settings(root=settings.root, odoo_home=home))


def test_no_odoo_at_all_in_odoo_home(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(ToolError, match="not an Odoo checkout"):
        ensure_odoo(Settings(root=settings.root, odoo_home=tmp_path))


@pytest.mark.parametrize(("series", "used"), [("19, 0", True), ("17, 0", False)])
def test_an_installed_odoo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, series: str, used: bool
) -> None:
    place = _odoo(tmp_path / "site", series)
    (place / "odoo" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    monkeypatch.delitem(sys.modules, "odoo", raising=False)
    monkeypatch.setattr(odoo_source, "ensure_package", lambda var: var / "package")
    settings = Settings(root=tmp_path / "checkout")
    expected = place if used else settings.var / "package"
    assert ensure_odoo(settings).import_path == expected


def test_no_apt_and_no_odoo(settings: Settings, bare_path: None) -> None:
    with pytest.raises(ToolError, match=r"no apt on this machine: set ODOO_HOME"):
        ensure_odoo(settings)
    assert not settings.var.exists()


def test_too_little_room(tiny_disk: Path) -> None:
    if not apt.available():
        pytest.skip("needs apt")
    with pytest.raises(ToolError, match=r"disk is full at .*3 GB are needed"):
        ensure_package(tiny_disk / "var")
    assert not (tiny_disk / "var" / "odoo").exists()


@pytest.fixture
def debian(
    make_package: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Let apt fetch real packages made here instead of Debian's."""

    def publish(series: str) -> None:
        def fetch(self: apt.Apt, names: list[str], into: Path) -> list[Path]:
            made = []
            for name in names:
                name = name.split("/")[0]
                files = {f"usr/share/{name}/file": name}
                if name == odoo_source.PACKAGE:
                    files = {
                        f"{PACKAGE_PATH}/release.py": RELEASE.format(series=series)
                    }
                made.append(make_package(name, files, into))
            return made

        monkeypatch.setattr(apt.Apt, "fetch", fetch)

    return publish


def test_the_package_is_unpacked_once(
    debian: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian("19, 0")
    leftover = tmp_path / "var" / "odoo.partial" / "half"
    leftover.mkdir(parents=True)
    folder = ensure_package(tmp_path / "var")
    assert series_of(folder) == "19.0"
    assert (folder / "odoo" / "addons" / odoo_source.MISSING_FILE).is_file()
    assert (tmp_path / "var/odoo/usr/share/libjs-jquery/file").is_file()
    assert not (tmp_path / "var/odoo/half").exists()
    assert not list((tmp_path / "var").rglob("*.deb"))

    monkeypatch.delattr(apt.Apt, "fetch")
    assert ensure_package(tmp_path / "var") == folder


def test_a_package_of_another_series(
    debian: Callable[[str], None], tmp_path: Path
) -> None:
    debian("20, 0")
    with pytest.raises(ToolError, match=r"holds Odoo 20\.0"):
        ensure_package(tmp_path / "var")
    assert not (tmp_path / "var" / "odoo").exists()
