"""The generated texts of an add-on say what its fragments say, once and in order."""

from pathlib import Path

import pytest

from tools import readme

MANIFEST = """{
    "name": "Value & Tiers",
    "summary": "Know your <best> customers",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
}"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """An add-on with a manifest and two fragments."""
    folder = tmp_path / "crm_x"
    (folder / "readme").mkdir(parents=True)
    (folder / "static" / "description").mkdir(parents=True)
    (folder / "__manifest__.py").write_text(MANIFEST)
    (folder / "readme" / "USAGE.md").write_text("![form](static/description/f.png)\n")
    (folder / "readme" / "DESCRIPTION.md").write_text("Tiers:\n\n| a |\n|---|\n| b |\n")
    return folder


def test_readme_has_the_fragments_under_their_headings(module):
    assert readme.generate(module)[module / "README.md"] == (
        f"{readme.NOTICE}\n\n# Value & Tiers\n\n**Know your <best> customers**\n\n"
        "`crm_x` · version 19.0.1.0.0 · license LGPL-3\n\n"
        "Tiers:\n\n| a |\n|---|\n| b |\n\n"
        "## Usage\n\n![form](static/description/f.png)\n"
    )


def test_page_is_html_with_pictures_beside_it(module):
    page = readme.generate(module)[module / "static" / "description" / "index.html"]
    assert "<h1>Value &amp; Tiers</h1>" in page
    assert "Know your &lt;best&gt; customers" in page
    assert "<td>b</td>" in page
    assert '<h2>Usage</h2>\n<p><img alt="form" src="f.png">' in page


def test_every_fragment_of_the_convention_is_used(module):
    for name in readme.SECTIONS:
        (module / "readme" / f"{name}.md").write_text(f"text of {name}\n")
    text = readme.generate(module)[module / "README.md"]
    positions = [text.index(f"text of {name}") for name in readme.SECTIONS]
    assert positions == sorted(positions)
