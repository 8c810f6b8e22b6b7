"""The add-ons of this repository, as they are on disk."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

from tools.errors import ToolError

# Changes there need no upgrade of a database.
NOT_LOADED = ("__pycache__", "tests", "readme", "node_modules")


@dataclass(frozen=True)
class Module:
    """An installable add-on."""

    path: Path
    depends: tuple[str, ...]
    auto_install: bool

    @property
    def name(self) -> str:
        return self.path.name

    def fingerprint(self) -> str:
        """A hash of every file that decides what is in an upgraded database."""
        found = hashlib.sha256()
        for file in sorted(self.path.rglob("*")):
            relative = file.relative_to(self.path)
            if file.is_file() and not set(relative.parts) & set(NOT_LOADED):
                found.update(f"{relative}\0".encode())
                found.update(hashlib.sha256(file.read_bytes()).digest())
        return found.hexdigest()[:16]


def discover(root: Path) -> list[Module]:
    """The installable modules in the root of the repository, dependencies first."""
    found = {}
    for manifest in sorted(root.glob("*/__manifest__.py")):
        values = read_manifest(manifest)
        if values.get("installable", True):
            found[manifest.parent.name] = Module(
                path=manifest.parent,
                depends=tuple(values.get("depends", ())),
                auto_install=bool(values.get("auto_install")),
            )
    ordered: dict[str, Module] = {}

    def add(module: Module) -> None:
        for name in module.depends:
            if name in found and name not in ordered:
                add(found[name])
        ordered.setdefault(module.name, module)

    for module in found.values():
        add(module)
    return list(ordered.values())


def read_manifest(path: Path) -> dict[str, object]:
    """A manifest's values; it is data, so nothing is executed."""
    try:
        values = ast.literal_eval(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise ToolError(f"{path} is no valid manifest: {error}") from error
    if not isinstance(values, dict):
        raise ToolError(f"{path} is no valid manifest: not a dictionary")
    return values


def stock_dependencies(modules: list[Module]) -> list[str]:
    """What our modules need of Odoo's own add-ons."""
    ours = {module.name for module in modules}
    needed = {name for module in modules for name in module.depends}
    return sorted(needed - ours)
