"""Generates each add-on's README.md and app-store page from its readme/ fragments.

The fragments are the Odoo community's: DESCRIPTION, CONFIGURE, USAGE … in Markdown.
Odoo shows `static/description/index.html` in the Apps list and people read README.md
in the repository; writing the text once keeps both true.
"""

from __future__ import annotations

import html
from pathlib import Path

import markdown

from tools.modules import discover, read_manifest
from tools.settings import ROOT

SECTIONS = {
    "DESCRIPTION": None,
    "CONTEXT": "Use cases",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known issues and roadmap",
    "HISTORY": "Changelog",
    "CREDITS": "Credits",
    "CONTRIBUTORS": "Contributors",
}
NOTICE = "<!-- Generated from readme/ by tools/readme.py: edit the fragments. -->"
EXTENSIONS = ["fenced_code", "sane_lists", "tables"]


def generate(module: Path) -> dict[Path, str]:
    """The generated files of an add-on: path -> text."""
    manifest = read_manifest(module / "__manifest__.py")
    body = _body(module / "readme")
    title, summary = manifest["name"], manifest["summary"]
    version, license_name = manifest["version"], manifest["license"]
    facts = f"`{module.name}` · version {version} · license {license_name}"
    page = markdown.markdown(body, extensions=EXTENSIONS, output_format="html")
    # Odoo resolves pictures from the folder of the page, a README from its own.
    page = page.replace('src="static/description/', 'src="')
    return {
        module / "README.md": (
            f"{NOTICE}\n\n# {title}\n\n**{summary}**\n\n{facts}\n\n{body}\n"
        ),
        module / "static" / "description" / "index.html": (
            f'{NOTICE}\n<section class="oe_container">\n'
            f"<h1>{html.escape(str(title))}</h1>\n"
            f'<p class="lead">{html.escape(str(summary))}</p>\n'
            f"{page}\n</section>\n"
        ),
    }


def _body(folder: Path) -> str:
    """The fragments that exist, in the fixed order, each under its heading."""
    parts = []
    for name, heading in SECTIONS.items():
        fragment = folder / f"{name}.md"
        if fragment.is_file():
            text = fragment.read_text(encoding="utf-8").strip()
            parts.append(f"## {heading}\n\n{text}" if heading else text)
    return "\n\n".join(parts)


def main() -> int:
    """Write the generated files of every add-on."""
    for module in discover(ROOT):
        for path, text in generate(module.path).items():
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
