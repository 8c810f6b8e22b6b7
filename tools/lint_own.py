"""The repository's own static checks: what no linter knows.

Each check takes the root of a checkout and returns its findings, one text each. They
are one hook of `.pre-commit-config.yaml`: `python -m tools.lint_own`.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.modules import discover
from tools.settings import ROOT

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from polib import POEntry

MAX_LINES = 600
MODEL_FOLDERS = ("models", "wizards")
LANGUAGES = ("zh_CN",)
MODULE_FILES = (
    "pyproject.toml",
    "readme/DESCRIPTION.md",
    "static/description/icon.png",
    "static/description/icon.svg",
)
ACCESS = "security/ir.model.access.csv"
# Keys that say which record is meant, or how far a work is: no check is turned off.
CONTEXT_VALUES = ("crm_value_run_id", "crm_value_runs", "crm_satisfaction_judged")
SUBJECT = re.compile(r"\[(ADD|FIX|IMP|REF|REM|MOV|I18N|DOC)\] [\w., -]+: \S.*")
MAX_SUBJECT = 72
# A folder of somebody's machine: absolute, below a home folder.
MACHINE_PATH = re.compile(r"(?<![\w.~$})/-])/(?:home|root|Users)/[\w.-]")
REQUIREMENT_ID = re.compile(r"[A-Z]\d+[a-z]?")
NOTHING = {"", "-", "–", "—"}
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def check_paths(root: Path) -> list[str]:
    """No file names a folder of one machine."""
    findings = []
    for name in existing_files(root):
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line):
                findings.append(f"{name}:{number}: path of one machine: {line.strip()}")
    return findings


def check_length(root: Path) -> list[str]:
    """A Python source of more than 600 lines wants to be several; tests may be long."""
    findings = []
    for name in existing_files(root):
        if not name.endswith(".py") or "tests" in Path(name).parts:
            continue
        lines = len((root / name).read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            findings.append(f"{name}: {lines} lines, more than {MAX_LINES}")
    return findings


def check_modules(root: Path) -> list[str]:
    """Each add-on has what every add-on here has: packaging, readme, icon, access."""
    return [
        f"{module.name}/{name}: missing"
        for module in discover(root)
        for name in (*MODULE_FILES, *((ACCESS,) if _brings_models(module.path) else ()))
        if not (module.path / name).is_file()
    ]


def _brings_models(path: Path) -> bool:
    """Whether an add-on has models of its own, and so has to say who may use them."""
    return any(
        re.search(r"^    _description = ", source.read_text(encoding="utf-8"), re.M)
        for folder in MODEL_FOLDERS
        for source in (path / folder).glob("*.py")
    )


def check_models(root: Path) -> list[str]:
    """Each file of models/ and wizards/ holds one model and is called like it.

    A stage of a model's work may have a file of its own: the model's name and a word.
    """
    findings = []
    for module in discover(root):
        for folder in MODEL_FOLDERS:
            for path in sorted((module.path / folder).glob("*.py")):
                if path.name != "__init__.py":
                    name, found = path.relative_to(root), _models(path)
                    if len(found) != 1:
                        listed = ", ".join(found) or "none"
                        findings.append(f"{name}: one model a file, not {listed}")
                    elif not _is_called_like(path.stem, found[0]):
                        findings.append(f"{name}: not called like {found[0]}")
    return findings


def check_contexts(root: Path) -> list[str]:
    """A key of the context is compared with what no client can send, by ``is``.

    Any client may send a context. Odoo's own keys, and values that only say which record
    is meant, may come from wherever they come.
    """
    findings = []
    for module in discover(root):
        for path in sorted(module.path.rglob("*.py")):
            name = path.relative_to(root)
            if "tests" in name.parts:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            safe = {
                id(node.left)
                for node in ast.walk(tree)
                if isinstance(node, ast.Compare)
                and isinstance(node.ops[0], (ast.Is, ast.IsNot))
            }
            findings += [
                f"{name}:{node.lineno}: a client may send this context key: compare it "
                "with OURS"
                for node in ast.walk(tree)
                if _is_context_key(node) and id(node) not in safe
            ]
    return findings


def _is_context_key(node: ast.AST) -> bool:
    """Whether this is ``context.get("key")`` with a key that is not Odoo's."""
    if not (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and getattr(node.func.value, "attr", "") == "context"
    ):
        return False
    key = getattr(node.args[0], "value", "") if node.args else ""
    return key not in CONTEXT_VALUES and not str(key).startswith(
        ("default_", "active_")
    )


def check_subject(root: Path) -> list[str]:
    """The last commit is called as CONTRIBUTING.md says."""
    [subject] = _git(root, "log", "-1", "--no-merges", "--format=%s") or [""]
    findings = []
    if not SUBJECT.fullmatch(subject):
        findings.append(f"last commit: not `[TAG] scope: …`: {subject}")
    if len(subject) > MAX_SUBJECT:
        findings.append(f"last commit: {len(subject)} characters: {subject}")
    return findings


def check_translations(root: Path) -> list[str]:
    """Every text of an add-on is translated into every language of the suite."""
    import polib

    findings = []
    for module in discover(root):
        template = module.path / "i18n" / f"{module.name}.pot"
        if not template.is_file():
            findings.append(f"{template.relative_to(root)}: missing")
            continue
        wanted = {_key(entry): entry for entry in polib.pofile(str(template))}
        for language in LANGUAGES:
            path = template.with_name(f"{language}.po")
            name = path.relative_to(root)
            if not path.is_file():
                findings.append(f"{name}: missing")
                continue
            entries = {
                _key(entry): entry
                for entry in polib.pofile(str(path))
                if not entry.obsolete
            }
            for key, entry in entries.items():
                where = f"{name}:{entry.linenum}"
                if key not in wanted:
                    findings.append(f"{where}: not in the .pot: {entry.msgid!r}")
                elif entry.fuzzy:
                    findings.append(f"{where}: fuzzy: {entry.msgid!r}")
                elif not entry.translated():
                    findings.append(f"{where}: not translated: {entry.msgid!r}")
            for key in wanted.keys() - entries.keys():
                findings.append(f"{name}: not translated: {wanted[key].msgid!r}")
    return findings


def check_coverage(root: Path) -> list[str]:
    """docs/coverage.md says what is true: every file and test it names exists.

    In the tables with the headings "id", "where" and "test", each path in code spans
    must exist, a test (`path::Class.method`) must be defined in it, and a row that
    says where its requirement is met must name a test.
    """
    page = root / "docs" / "coverage.md"
    if not page.is_file():
        return ["docs/coverage.md: missing"]
    rows = list(_coverage_rows(page.read_text(encoding="utf-8")))
    if not rows:
        return ["docs/coverage.md: no table with the headings id, where and test"]
    findings = []
    for row in rows:
        if not REQUIREMENT_ID.fullmatch(row.identifier):
            findings.append(f"docs/coverage.md: no requirement id: {row.identifier!r}")
        if row.met and not row.tests:
            findings.append(f"docs/coverage.md: {row.identifier}: names no test")
        for reference in row.sources + row.tests:
            if problem := _missing(root, reference):
                findings.append(f"docs/coverage.md: {row.identifier}: {problem}")
    return findings


CHECKS = (
    check_paths,
    check_length,
    check_modules,
    check_models,
    check_contexts,
    check_subject,
    check_translations,
    check_coverage,
)


class CoverageRow(NamedTuple):
    """One requirement of docs/coverage.md."""

    identifier: str
    met: bool
    sources: list[str]
    tests: list[str]


def _coverage_rows(text: str) -> Iterator[CoverageRow]:
    """The rows of the tables about requirements."""
    import lxml.html
    import markdown

    page = lxml.html.fragment_fromstring(
        markdown.markdown(text, extensions=["tables"]), create_parent=True
    )
    for table in page.iter("table"):
        headings = [cell.text_content().strip().lower() for cell in table.iter("th")]
        if not {"id", "where", "test"} <= set(headings):
            continue
        for line in table.iterfind("tbody/tr"):
            cells = dict(zip(headings, line.iterfind("td"), strict=True))
            yield CoverageRow(
                identifier=cells["id"].text_content().strip(),
                met=cells["where"].text_content().strip() not in NOTHING,
                sources=_references(cells["where"]),
                tests=_references(cells["test"]),
            )


def _references(cell: HtmlElement) -> list[str]:
    """The code spans of a table cell that are paths (others are names of things)."""
    spans = (span.text_content().strip() for span in cell.iter("code"))
    return [span for span in spans if "/" in span]


def _missing(root: Path, reference: str) -> str | None:
    """What is wrong with `path` or `path::Class.method`, if anything."""
    name, _, dotted = reference.partition("::")
    path = root / name
    if not path.exists():
        return f"no such file: {name}"
    scope: ast.AST = ast.parse(path.read_text(encoding="utf-8")) if dotted else None
    for part in filter(None, re.split(r"::|\.", dotted)):
        for node in ast.iter_child_nodes(scope):
            if isinstance(node, DEFINITIONS) and node.name == part:
                scope = node
                break
        else:
            return f"no {part} in {reference}"
    return None


def _models(path: Path) -> list[str]:
    """The models of a file, each by its `_name` or by what it extends."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            values = {
                target.id: line.value.value
                for line in node.body
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
                for target in line.targets
                if isinstance(target, ast.Name)
            }
            if name := values.get("_name") or values.get("_inherit"):
                found.append(str(name))
    return found


def _is_called_like(stem: str, model: str) -> bool:
    name = re.escape(model.replace(".", "_"))
    return bool(re.fullmatch(rf"{name}(_[a-z0-9]+)?", stem))


def _key(entry: POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def existing_files(root: Path) -> list[str]:
    """The files that git tracks or would track and that still exist, sorted."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = {name for line in listed for name in line.split("\0") if name}
    return sorted(name for name in names if (root / name).is_file())


def _git(root: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def main() -> int:
    """Print the findings of all checks; exit code 1 when there are any."""
    findings = [finding for check in CHECKS for finding in check(ROOT)]
    print("\n".join(findings))
    return int(bool(findings))


if __name__ == "__main__":
    raise SystemExit(main())
