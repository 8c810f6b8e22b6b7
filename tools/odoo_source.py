"""Where Odoo 19 comes from: the user's checkout, an installed one, or Debian's package.

Odoo is not on PyPI. Debian's package is unpacked below `var/`, nothing is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import apt, console
from tools.errors import ToolError
from tools.settings import Settings

SERIES = "19.0"
PACKAGE = "odoo-19"
# Debian replaces bundled files by links into these; sid's Font Awesome is too new.
LINKED_PACKAGES = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# The package names this file but leaves it out: any test in a browser fails on it.
MISSING_FILE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
KNOWN = ("base", "crm")  # what Odoo's own add-on folders are recognised by
SPACE_NEEDED = 3 * 1024**3
ELSEWHERE = "set ODOO_HOME to an Odoo 19 checkout, or use docker compose"


@dataclass(frozen=True)
class OdooSource:
    """An Odoo tree: the folder to import from, and its add-on folders."""

    import_path: Path

    @property
    def addons(self) -> list[Path]:
        """Add-on folders; `odoo/addons` is always there, a checkout has one more."""
        folders = [self.import_path / "addons", self.import_path / "odoo" / "addons"]
        return [
            folder
            for folder in folders
            if any((folder / name / "__manifest__.py").is_file() for name in KNOWN)
        ]

    @property
    def version(self) -> str:
        """Series and time of the release file: what a cached database depends on."""
        release = self.import_path / "odoo" / "release.py"
        return f"{series_of(self.import_path)}-{int(release.stat().st_mtime)}"


def ensure_odoo(settings: Settings) -> OdooSource:
    """Find an Odoo 19, or get one."""
    if settings.odoo_home:
        found = series_of(settings.odoo_home)
        if found is None:
            raise ToolError(f"ODOO_HOME={settings.odoo_home} is not an Odoo checkout")
        if found != SERIES:
            raise ToolError(
                f"ODOO_HOME={settings.odoo_home} is Odoo {found}; {SERIES} is needed"
            )
        return OdooSource(settings.odoo_home)
    importable = find_importable()
    if importable:
        if series_of(importable) == SERIES:
            return OdooSource(importable)
        console.say(f"  (not used: Odoo {series_of(importable)} in {importable})")
    return OdooSource(ensure_package(settings.var))


def series_of(folder: Path) -> str | None:
    """The series of the Odoo below ``folder``, or None when there is none."""
    try:
        text = (folder / "odoo" / "release.py").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^version_info = \(([^,]+),\s*([^,]+),", text, re.MULTILINE)
    return ".".join(part.strip(" '\"") for part in found.groups()) if found else None


def find_importable() -> Path | None:
    """The folder this python imports `odoo` from, if any."""
    try:
        spec = importlib.util.find_spec("odoo")
    except (ImportError, ValueError):
        return None
    for place in (spec and spec.submodule_search_locations) or ():
        if (Path(place) / "release.py").is_file():
            return Path(place).resolve().parent
    return None


def link_into_venv(source: OdooSource, python: Path) -> None:
    """Make Odoo importable in the virtual environment."""
    [site] = (python.parent.parent / "lib").glob("python3*/site-packages")
    pth = site / "odoo-source.pth"
    text = f"{source.import_path}\n"
    if not pth.is_file() or pth.read_text() != text:
        pth.write_text(text)


def ensure_package(var: Path) -> Path:
    """Debian's package, unpacked once; a half-unpacked tree is never used."""
    root = var / "odoo"
    import_path = root / "usr" / "lib" / "python3" / "dist-packages"
    if root.is_dir():
        return import_path
    if not apt.available() or sys.platform != "linux":
        raise ToolError(f"no Odoo {SERIES} and no apt on this machine: {ELSEWHERE}")
    var.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(var).free
    if free < SPACE_NEEDED:
        raise ToolError(
            f"the disk is full at {var}: {SPACE_NEEDED >> 30} GB are needed, "
            f"{free / 2**30:.1f} GB are free"
        )
    cache = var / "cache"
    packages = [PACKAGE, *(f"{name}/trixie" for name in LINKED_PACKAGES)]
    with console.step("Downloading Odoo 19"):
        files = apt.Apt(cache / "apt").fetch(packages, cache / "debs")
    with console.step("Unpacking Odoo 19"):
        _unpack(files, root)
    for file in files:
        file.unlink()
    return import_path


def _unpack(files: list[Path], root: Path) -> None:
    """Unpack beside the final place, check, then rename: all or nothing."""
    partial = root.with_name("odoo.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for file in files:
        is_odoo = file.name.startswith(f"{PACKAGE}_")
        folder = "./usr/lib/python3/dist-packages/odoo" if is_odoo else "./usr/share"
        apt.unpack(file, partial, folder)
    import_path = partial / "usr" / "lib" / "python3" / "dist-packages"
    found = series_of(import_path)
    if found != SERIES:
        raise ToolError(f"Debian's {PACKAGE} holds Odoo {found}; {SERIES} is needed")
    missing = import_path / "odoo" / "addons" / MISSING_FILE
    if not missing.exists():
        missing.parent.mkdir(parents=True, exist_ok=True)
        missing.write_text("// Not in Debian's package; for background blur.\n")
    broken = [link for link in _links(import_path) if not link.exists()]
    if broken:
        console.say(f"  ({len(broken)} linked files are missing: {broken[0].name} …)")
    os.replace(partial, root)


def _links(folder: Path) -> list[Path]:
    """All symbolic links below a folder."""
    found = []
    for place, folders, names in os.walk(folder):
        paths = (Path(place, name) for name in (*folders, *names))
        found += [path for path in paths if path.is_symlink()]
    return found
