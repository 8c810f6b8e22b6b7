"""`make demo`: a database with real customers in value tiers, served.

What is done is noted in the database's own comment, so an interrupted run goes on where
it stopped and a finished one is not repeated. The database gets its name last: under
that name there is never a half-made one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tools import console, data, serving
from tools.errors import ToolError
from tools.modules import Module, discover
from tools.odoo_cli import Odoo
from tools.ports import choose
from tools.postgres import ensure_server
from tools.settings import Settings

# The apps a visitor expects beside ours, and a dashboard over the real orders.
APPS = ("sale_management", "sale_crm", "spreadsheet_dashboard_sale")
LANGUAGES = "en_US,zh_CN"
MAKER = "make demo"

# The tiers of the last months and of today, and what a team would have done with them.
STORY = """
import sys
sys.path.insert(0, {root!r})
from tools.datasets.odoo_story import tell_story
tell_story(env)
env.cr.commit()
"""
# Odoo loads a module's demo data wherever those it depends on have theirs.
FORGET_DEMO = """
env.cr.execute("UPDATE ir_module_module SET demo = FALSE")
env.cr.commit()
"""
# What a visitor's first pages would otherwise wait for; Odoo's own function also makes
# the bundles of its test suites, which takes a minute.
PREGENERATE = """
for name in ("frontend_minimal", "frontend_lazy", "web"):
    env["ir.qweb"]._get_asset_bundle(f"web.assets_{name}", css=False).js()
for name in ("frontend", "web", "web_print"):
    env["ir.qweb"]._get_asset_bundle(f"web.assets_{name}", js=False).css()
env.cr.commit()
"""


@dataclass
class Note:
    """What is known of the database: its comment in PostgreSQL."""

    maker: str = MAKER
    steps: list[str] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    dataset: str = ""
    data_ends: str = ""
    computed_on: str = ""
    ready: bool = False

    @classmethod
    def read(cls, text: str | None) -> Note | None:
        """The note in a comment, or None when somebody else made the database."""
        try:
            values = json.loads(text or "")
            return cls(**values) if values.get("maker") == MAKER else None
        except (ValueError, TypeError, AttributeError):
            return None


class Demo:
    """The demo database, from nothing to served."""

    def __init__(self, settings: Settings, odoo: Odoo) -> None:
        self.settings = settings
        self.odoo = odoo
        self.name = settings.db
        self.building = f"{settings.db}_building"
        self.modules: list[Module] = discover(settings.root)

    def prepare(self) -> None:
        """Make the database, or bring an existing one up to date."""
        if not self.odoo.server.has(self.name):
            self._build()
        note = self._note(self.name)
        if note is None:
            raise ToolError(
                f"database {self.name} was not made by {MAKER}: choose another DB="
            )
        if not note.ready:
            self._take_filestore()
            note.ready = True
            self._write(self.name, note)
        self._update(note)

    def _build(self) -> None:
        """Everything a visitor finds, in a database under a temporary name."""
        note = self._note(self.building)
        if note is None or not note.steps:
            self.odoo.drop(self.building)
            with console.step("Installing apps with demo data") as detail:
                self._install_all(detail)
            note = Note(steps=["apps"], modules=self._fingerprints())
            self._write(self.building, note)
        steps: dict[str, Callable[[str, Note], None]] = {
            "data": self._load_data,
            "tiers": self._compute,
            "assets": self._pregenerate,
        }
        for name, action in steps.items():
            if name not in note.steps:
                action(self.building, note)
                note.steps.append(name)
                self._write(self.building, note)
        self.odoo.run("db", "rename", self.building, self.name, log="demo-rename")

    def _install_all(self, detail: Callable[[str], None]) -> None:
        """Odoo's apps with their demo data, ours without: the data set is theirs."""
        ours = [module.name for module in self.modules]
        self._install(*APPS, "--with-demo", detail=detail)
        self.odoo.script(self.building, FORGET_DEMO, "demo-forget")
        self._install(*ours, detail=detail)

    def _install(self, *names: str, detail: Callable[[str], None]) -> None:
        options = [name for name in names if name.startswith("--")]
        modules = ",".join(name for name in names if name not in options)
        self.odoo.run(
            *("-d", self.building, "-i", modules, *options),
            *(f"--load-language={LANGUAGES}", "--stop-after-init", "--no-http"),
            log="demo-install",
            detail=detail,
        )

    def _load_data(self, database: str, note: Note) -> None:
        """The data set, its last purchase yesterday; moved there on a later day."""
        yesterday = date.today() - timedelta(days=1)
        data.load(
            self.odoo,
            self.settings.dataset,
            database,
            yesterday,
            reshift=True,
            spread_out=True,
            opportunities=True,
        )
        note.dataset = self.settings.dataset
        note.data_ends = yesterday.isoformat()

    def _compute(self, database: str, note: Note) -> None:
        with console.step("Computing values and tiers as of today"):
            story = STORY.format(root=str(self.settings.root))
            self.odoo.script(database, story, "demo-tiers")
        note.computed_on = date.today().isoformat()

    def _pregenerate(self, database: str, note: Note) -> None:
        with console.step("Preparing the first page"):
            self.odoo.script(database, PREGENERATE, "demo-assets")

    def _update(self, note: Note) -> None:
        """Bring a finished database up to the sources, the data set and the day."""
        now = self._fingerprints()
        changed = [name for name in now if note.modules.get(name) != now[name]]
        if changed:
            if serving.running(self.settings):
                raise ToolError("modules have changed: first run `make stop`")
            new = [name for name in changed if name not in note.modules]
            old = [name for name in changed if name in note.modules]
            with console.step(f"Upgrading {', '.join(changed)}") as detail:
                self.odoo.run(
                    *("-d", self.name, "--stop-after-init", "--no-http"),
                    *(("-i", ",".join(new)) if new else ()),
                    *(("-u", ",".join(old)) if old else ()),
                    log="demo-upgrade",
                    detail=detail,
                )
            self._pregenerate(self.name, note)
            note.modules = now
            note.computed_on = ""
            self._write(self.name, note)
        today = date.today()
        ends = (today - timedelta(days=1)).isoformat()
        if (note.dataset, note.data_ends) != (self.settings.dataset, ends):
            self._load_data(self.name, note)
            note.computed_on = ""
            self._write(self.name, note)
        if note.computed_on != today.isoformat():
            self._compute(self.name, note)
            self._write(self.name, note)

    def _take_filestore(self) -> None:
        """Finish a rename that was interrupted between database and files."""
        left = self.odoo.filestore(self.building)
        if left.is_dir():
            target = self.odoo.filestore(self.name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.move(left, target)

    def _fingerprints(self) -> dict[str, str]:
        return {module.name: module.fingerprint() for module in self.modules}

    def _note(self, database: str) -> Note | None:
        return Note.read(self.odoo.server.note(database))

    def _write(self, database: str, note: Note) -> None:
        self.odoo.server.set_note(database, json.dumps(vars(note)))


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Prepare, then serve until Ctrl-C unless SERVE=0."""
    port = choose(settings.port) if settings.serve else 0
    server = ensure_server(settings)
    odoo = Odoo(settings, server, "demo")
    odoo.write_config()
    Demo(settings, odoo).prepare()
    if settings.serve:
        return serving.serve(settings, odoo, port)
    print(f"ready: database {settings.db}; `make demo` serves it")
    return 0
