"""The repository's own checks find what they are for, and nothing in what is right."""

import subprocess
from pathlib import Path

import pytest

from tools import lint_own
from tools.settings import ROOT

HOME = "/" + "home/somebody/suite"  # in two parts, or this file would be a finding

NEW = """class CrmTier(models.Model):
    _name = "crm.tier"
    _description = "Tier"
"""
EXTENDED = """class ResPartner(models.Model):
    _inherit = "res.partner"
"""
BOTH = """class MailTier(models.Model):
    _name = "mail.tier"
    _inherit = ["mail.thread"]
"""

POT = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

#. module: crm_x
msgid "Tier"
msgstr ""

#. module: crm_x
msgid "Value"
msgstr ""
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty git checkout."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_module(root: Path) -> None:
    write(root, "crm_x/__manifest__.py", "{}")


class TestPaths:
    def test_path_of_a_home_folder_is_found(self, repository):
        write(repository, "docs/setup.md", f"Run\n`{HOME}/make`\n")
        assert lint_own.check_paths(repository) == [
            f"docs/setup.md:2: path of one machine: `{HOME}/make`"
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "https://example.com" + HOME,  # an address, not a folder
            "docs" + HOME,  # relative
            "~" + HOME,
            "the homepage of /usr/share/home",
        ],
    )
    def test_other_paths_are_not(self, repository, line):
        write(repository, "docs/setup.md", line)
        assert lint_own.check_paths(repository) == []

    def test_ignored_and_binary_files_are_not_read(self, repository):
        write(repository, ".gitignore", "var/\n")
        write(repository, "var/log", HOME)
        (repository / "icon.png").write_bytes(b"\x89PNG" + HOME.encode())
        assert lint_own.check_paths(repository) == []

    def test_files_are_those_that_a_commit_would_hold(self, repository):
        for name in ("tracked.py", "deleted.py"):
            write(repository, name, "")
        subprocess.run(["git", "add", "."], cwd=repository, check=True)
        (repository / "deleted.py").unlink()
        write(repository, ".gitignore", "ignored.py\n")
        for name in ("new 文件.py", "ignored.py"):
            write(repository, name, "")
        assert lint_own.existing_files(repository) == [
            ".gitignore",
            "new 文件.py",
            "tracked.py",
        ]


class TestLength:
    def test_only_sources_over_the_limit(self, repository):
        write(repository, "crm_x/models/long.py", "x = 1\n" * 601)
        write(repository, "crm_x/models/short.py", "x = 1\n" * 600)
        write(repository, "crm_x/tests/test_long.py", "x = 1\n" * 601)
        write(repository, "crm_x/data/long.xml", "\n" * 601)
        assert lint_own.check_length(repository) == [
            "crm_x/models/long.py: 601 lines, more than 600"
        ]


class TestModels:
    @pytest.fixture
    def model(self, tmp_path):
        """Writes a file of models and returns the check's findings."""
        write_module(tmp_path)

        def check(name: str, text: str) -> list[str]:
            write(tmp_path, f"crm_x/{name}", text)
            return lint_own.check_models(tmp_path)

        return check

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("models/crm_tier.py", NEW),
            ("models/crm_tier_storage.py", NEW),
            ("models/res_partner.py", EXTENDED),
            ("models/res_partner.py", "class Row(NamedTuple): ...\n" + EXTENDED),
            ("models/mail_tier.py", BOTH),
            ("wizards/crm_tier.py", NEW),
            ("models/__init__.py", "from . import crm_tier"),
            ("tests/test_model.py", NEW + EXTENDED),
            ("models/stats/fit.py", "x = 1"),
        ],
    )
    def test_right(self, model, name, text):
        assert model(name, text) == []

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("models/tier.py", NEW, "not called like crm.tier"),
            ("models/crm_tiers.py", NEW, "not called like crm.tier"),
            ("models/crm_tier_by_day.py", NEW, "not called like crm.tier"),
            ("models/res_partner.py", BOTH, "not called like mail.tier"),
            (
                "models/crm_tier.py",
                NEW + EXTENDED,
                "one model a file, not crm.tier, res.partner",
            ),
            ("wizards/tools.py", "x = 1", "one model a file, not none"),
        ],
    )
    def test_wrong(self, model, name, text, problem):
        assert model(name, text) == [f"crm_x/{name}: {problem}"]


class TestPylint:
    """A model that two files of an add-on extend, as `.pylintrc` has it."""

    @pytest.fixture
    def pylint(self, tmp_path):
        programs = (ROOT / "var" / "pre-commit").glob("repo*/py_env*/bin/pylint")
        found = next(programs, None)
        if not found:
            pytest.skip("the linters are not installed: make lint")
        write(tmp_path, "crm_x/__init__.py", "from . import models\n")
        text = "from . import res_partner, res_partner_storage\n"
        write(tmp_path, "crm_x/models/__init__.py", text)
        write_module(tmp_path)

        def run(second: str) -> str:
            head = "from odoo import models\n\n\n"
            write(tmp_path, "crm_x/models/res_partner.py", head + EXTENDED)
            write(tmp_path, "crm_x/models/res_partner_storage.py", second)
            command = [found, f"--rcfile={ROOT / '.pylintrc'}", "crm_x"]
            return subprocess.run(
                command, cwd=tmp_path, capture_output=True, text=True
            ).stdout

        return run

    def test_two_files_are_found(self, pylint):
        assert "R8180" in pylint("from odoo import models\n\n\n" + EXTENDED)

    def test_a_stage_says_so(self, pylint):
        says = EXTENDED.replace(
            '"res.partner"',
            '"res.partner"  # pylint: disable=consider-merging-classes-inherited',
        )
        assert "R8180" not in pylint("from odoo import models\n\n\n" + says)


class TestSubject:
    @pytest.fixture
    def subject(self, repository):
        """Makes a commit and returns the check's findings."""

        def commit(text: str) -> list[str]:
            names = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
            command = ["git", *names, "commit", "--allow-empty", "--quiet", "-m", text]
            subprocess.run(command, cwd=repository, check=True)
            return lint_own.check_subject(repository)

        return commit

    @pytest.mark.parametrize(
        "text",
        [
            "[FIX] crm_x: say what a tier is",
            "[DOC] user guide: pictures\n\nA long body " + "x" * 99,
            "[I18N] crm_x, crm_y: " + "x" * (72 - 21),
        ],
    )
    def test_right(self, subject, text):
        assert subject(text) == []

    @pytest.mark.parametrize(
        "text", ["crm_x: say it", "[NEW] crm_x: say it", "[FIX] say it", "[FIX] x:"]
    )
    def test_wrong(self, subject, text):
        assert subject(text) == [f"last commit: not `[TAG] scope: …`: {text}"]

    def test_too_long(self, subject):
        text = "[FIX] x: " + "y" * 64
        assert subject(text) == [f"last commit: 73 characters: {text}"]


class TestModules:
    def test_missing_file_is_found(self, tmp_path):
        write_module(tmp_path)
        for name in lint_own.MODULE_FILES:
            write(tmp_path / "crm_x", name, "")
        assert lint_own.check_modules(tmp_path) == []
        (tmp_path / "crm_x" / "static/description/icon.png").unlink()
        assert lint_own.check_modules(tmp_path) == [
            "crm_x/static/description/icon.png: missing"
        ]

    def test_models_of_its_own_have_rights(self, tmp_path):
        write_module(tmp_path)
        for name in lint_own.MODULE_FILES:
            write(tmp_path / "crm_x", name, "")
        write(tmp_path, "crm_x/models/crm_x.py", '    _description = "X"\n')
        assert lint_own.check_modules(tmp_path) == [f"crm_x/{lint_own.ACCESS}: missing"]
        write(tmp_path / "crm_x", lint_own.ACCESS, "")
        assert lint_own.check_modules(tmp_path) == []


class TestContexts:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ('self.env.context.get("crm_x_quiet")', True),
            ('not self.env.context.get("crm_x_quiet")', True),
            ('self.env.context.get("crm_x_quiet") == OURS', True),
            ("self.env.context.get(QUIET)", True),
            ('self.env.context.get("crm_x_quiet") is OURS', False),
            ('self.env.context.get("crm_x_quiet") is not OURS', False),
            ('self.env.context.get("default_team_id")', False),
        ],
    )
    def test_what_a_client_may_send(self, tmp_path, text, found):
        write_module(tmp_path)
        write(tmp_path, "crm_x/models/crm_x.py", text)
        write(tmp_path, "crm_x/tests/test_x.py", 'self.env.context.get("crm_x_quiet")')
        assert bool(lint_own.check_contexts(tmp_path)) is found


class TestTranslations:
    @pytest.fixture
    def catalogue(self, tmp_path):
        """Writes a zh_CN.po beside the template and returns the check's findings."""
        write_module(tmp_path)
        write(tmp_path, "crm_x/i18n/crm_x.pot", POT)

        def check(text: str) -> list[str]:
            write(tmp_path, "crm_x/i18n/zh_CN.po", text)
            return lint_own.check_translations(tmp_path)

        return check

    @pytest.fixture
    def complete(self):
        """A catalogue that says everything the template asks for."""
        text = POT.replace('"Tier"\nmsgstr ""', '"Tier"\nmsgstr "等级"')
        return text.replace('"Value"\nmsgstr ""', '"Value"\nmsgstr "价值"')

    def test_complete(self, catalogue, complete):
        assert catalogue(complete) == []

    def test_obsolete_entries_do_not_matter(self, catalogue, complete):
        assert catalogue(complete + '\n#~ msgid "Old"\n#~ msgstr ""\n') == []

    def test_empty_translation(self, catalogue, complete):
        assert catalogue(complete.replace("等级", "")) == [
            "crm_x/i18n/zh_CN.po:5: not translated: 'Tier'"
        ]

    def test_fuzzy_translation(self, catalogue, complete):
        fuzzy = complete.replace('msgid "Value"', '#, fuzzy\nmsgid "Value"')
        assert catalogue(fuzzy) == ["crm_x/i18n/zh_CN.po:9: fuzzy: 'Value'"]

    def test_missing_entry(self, catalogue, complete):
        head, _, _ = complete.rpartition("#. module")
        assert catalogue(head) == ["crm_x/i18n/zh_CN.po: not translated: 'Value'"]

    def test_entry_the_template_does_not_have(self, catalogue, complete):
        assert catalogue(complete + '\nmsgid "Gone"\nmsgstr "旧"\n') == [
            "crm_x/i18n/zh_CN.po:13: not in the .pot: 'Gone'"
        ]

    def test_same_text_in_another_context_is_another_entry(self, catalogue, complete):
        other = complete.replace('msgid "Value"', 'msgctxt "menu"\nmsgid "Value"')
        assert sorted(catalogue(other)) == [
            "crm_x/i18n/zh_CN.po: not translated: 'Value'",
            "crm_x/i18n/zh_CN.po:9: not in the .pot: 'Value'",
        ]

    def test_missing_files(self, tmp_path):
        write_module(tmp_path)
        assert lint_own.check_translations(tmp_path) == [
            "crm_x/i18n/crm_x.pot: missing"
        ]
        write(tmp_path, "crm_x/i18n/crm_x.pot", POT)
        assert lint_own.check_translations(tmp_path) == ["crm_x/i18n/zh_CN.po: missing"]


class TestCoverage:
    @pytest.fixture
    def coverage(self, tmp_path):
        """Writes one row of docs/coverage.md and returns the check's findings."""
        write(
            tmp_path,
            "crm_x/tests/test_tier.py",
            "def test_plain(): ...\nclass TestTier:\n    def test_high(self): ...\n",
        )

        def check(row: str) -> list[str]:
            table = f"| Id | What | Where | Test |\n|--|--|--|--|\n{row}\n"
            write(tmp_path, "docs/coverage.md", f"# Coverage\n\n{table}")
            return lint_own.check_coverage(tmp_path)

        return check

    @pytest.mark.parametrize(
        "test",
        [
            "`crm_x/tests/test_tier.py`",
            "`crm_x/tests/test_tier.py::TestTier`",
            "`crm_x/tests/test_tier.py::TestTier.test_high`",
            "`crm_x/tests/test_tier.py::TestTier::test_high`",
            "`crm_x/tests/test_tier.py::test_plain`, `crm_x/tests/`",
        ],
    )
    def test_what_exists(self, coverage, test):
        assert (
            coverage(f"| B4 | tiers | `crm_x/tests`, `crm.value.tier` | {test} |") == []
        )

    def test_requirement_that_is_not_met_needs_no_test(self, coverage):
        assert coverage("| B4 | tiers | — | — |") == []

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ("| B4 | t | here | — |", "B4: names no test"),
            ("| B4 | t | here | by hand |", "B4: names no test"),
            ("| tiers | t | — | — |", "no requirement id: 'tiers'"),
            (
                "| B4 | t | here | `crm_x/tests/test_gone.py` |",
                "B4: no such file: crm_x/tests/test_gone.py",
            ),
            (
                "| B4 | t | `crm_x/gone.py` | `crm_x/tests/test_tier.py` |",
                "B4: no such file: crm_x/gone.py",
            ),
            (
                "| B4 | t | here | `crm_x/tests/test_tier.py::TestGone` |",
                "B4: no TestGone in crm_x/tests/test_tier.py::TestGone",
            ),
            (
                "| B4 | t | here | `crm_x/tests/test_tier.py::TestTier.test_plain` |",
                "B4: no test_plain in crm_x/tests/test_tier.py::TestTier.test_plain",
            ),
        ],
    )
    def test_what_is_not_true(self, coverage, row, problem):
        assert coverage(row) == [f"docs/coverage.md: {problem}"]

    def test_page_without_the_table(self, tmp_path):
        assert lint_own.check_coverage(tmp_path) == ["docs/coverage.md: missing"]
        write(tmp_path, "docs/coverage.md", "# Coverage\n\n| a |\n|--|\n| b |\n")
        assert lint_own.check_coverage(tmp_path) == [
            "docs/coverage.md: no table with the headings id, where and test"
        ]
