from __future__ import annotations

from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.modules import discover, stock_dependencies


def _module(root: Path, name: str, manifest: str) -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "__manifest__.py").write_text(manifest)
    return folder


def test_discover(tmp_path: Path) -> None:
    _module(tmp_path, "a_loyalty", "{'depends': ['z_base', 'sale']}")
    _module(tmp_path, "draft", "{'installable': False}")
    _module(tmp_path, "z_base", "{'depends': ['crm', 'sale']}")
    (tmp_path / "docs").mkdir()
    found = discover(tmp_path)
    assert [module.name for module in found] == ["z_base", "a_loyalty"]
    assert stock_dependencies(found) == ["crm", "sale"]


@pytest.mark.parametrize("manifest", ["{'depends': [", "[]", "{'name': open('x')}"])
def test_broken_manifest(tmp_path: Path, manifest: str) -> None:
    _module(tmp_path, "broken", manifest)
    with pytest.raises(ToolError, match="broken/__manifest__.py is no valid manifest"):
        discover(tmp_path)


def test_fingerprint(tmp_path: Path) -> None:
    folder = _module(tmp_path, "some", "{}")
    [module] = discover(tmp_path)
    before = module.fingerprint()
    for name in ("tests/test_x.py", "__pycache__/x.pyc", "readme/USAGE.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("new")
    assert module.fingerprint() == before, "nothing that a database knows"
    (folder / "views.xml").write_text("<odoo/>")
    changed = module.fingerprint()
    assert changed != before
    (folder / "views.xml").rename(folder / "menus.xml")
    assert module.fingerprint() not in (before, changed)
