"""Taking a picture of a page of Odoo: Playwright drives Chromium."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from PIL import Image
from playwright.sync_api import Browser, Error, Page, Request, sync_playwright

from tools.errors import ToolError
from tools.screens import Screen, Text
from tools.screenshots_picture import compress, crop

# No sandbox: it does not work for root. The rest keeps Chromium from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH = 1366
PHONE_WIDTH = 390
DESKTOP = {"viewport": {"width": WIDTH, "height": 800}}
PHONE = {
    "viewport": {"width": PHONE_WIDTH, "height": 800},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
TIMEOUT = 40_000  # ms; the first page of a new database builds its assets
STEP, QUIET = 100, 500  # ms; loaded is: nothing was on its way for this long
CONTENTS = {"document", "fetch", "font", "image", "stylesheet", "xhr"}
USER_LANGUAGE = "() => odoo.loader.modules.get('@web/core/user').user.lang"
# Nothing that moves, blinks or depends on the moment.
STILL = """
*, *::before, *::after { animation: none !important; transition: none !important;
    caret-color: transparent !important; }
.o_notification_manager, .o-mail-ChatHub, .o_tour_pointer { display: none !important; }
"""


class Camera:
    """A browser that is logged in, at two sizes.

    :param language: the user's, which the pages must show
    :param login: also the password: the database is thrown away afterwards
    :param log: the folder for a picture of what went wrong
    """

    def __init__(
        self, browser: str, address: str, login: str, language: str, log: Path
    ) -> None:
        self.address = address
        self.login = login
        self.language = language
        self.log = log
        self._playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(
            executable_path=browser, args=list(FLAGS)
        )
        self._pages: dict[bool, Page] = {}
        self._loading: set[Request] = set()

    def __enter__(self) -> Camera:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def take(self, screen: Screen, records: Mapping[str, int], path: Path) -> None:
        """Open a screen, take its steps and write its picture."""
        page = self._pages.get(screen.phone) or self._open(screen.phone)
        try:
            # Leave the last page: the same address again would not load.
            page.goto("about:blank")
            self._loading.clear()
            width = PHONE_WIDTH if screen.phone else WIDTH
            page.set_viewport_size({"width": width, "height": screen.height})
            page.goto(self.address + screen.path.format(**records))
            page.locator(screen.wait).first.wait_for()
            for step in screen.steps:
                self._do(page, step)
                self._settle(page)
            self._settle(page)
            part = page.locator(screen.part).first if screen.part else page
            shot = part.screenshot()
        except Error as error:
            page.screenshot(path=path.with_suffix(".failed.png"))
            raise ToolError(
                f"{screen.name}: {error.message.splitlines()[0]}"
            ) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.open(io.BytesIO(shot))
        path.write_bytes(compress(image if screen.part else crop(image)))

    def _do(self, page: Page, step: str | Text) -> None:
        """Click, or type."""
        if isinstance(step, str):
            page.locator(step).first.click()
        else:
            page.locator(step.into).first.fill(step.words[self.language])

    def _open(self, phone: bool) -> Page:
        """A page of the wanted size, behind the login."""
        context = self._browser.new_context(**(PHONE if phone else DESKTOP))
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.on("request", lambda request: self._loading.add(request))
        page.on("requestfinished", lambda request: self._loading.discard(request))
        page.on("requestfailed", lambda request: self._loading.discard(request))
        page.goto(f"{self.address}/web/login")
        page.fill("input[name=login]", self.login)
        page.fill("input[name=password]", self.login)
        page.click(".oe_login_form button[type=submit]")
        page.wait_for_url("**/odoo**")
        page.locator(".o_main_navbar").wait_for()
        shown = page.evaluate(USER_LANGUAGE)
        if shown != self.language.replace("_", "-"):
            raise ToolError(f"the pages are in {shown}, not in {self.language}")
        self._pages[phone] = page
        return page

    def _settle(self, page: Page) -> None:
        """Wait until nothing is loading any more: data, fonts, pictures."""
        page.add_style_tag(content=STILL)
        self._wait_until_idle(page)
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.mouse.move(0, 0)

    def _wait_until_idle(self, page: Page) -> None:
        """Like Playwright's "networkidle", which never comes: it counts the request of
        the worker for live updates, whose end Chromium does not tell.
        """
        quiet = 0
        for _step in range(TIMEOUT // STEP):
            page.wait_for_timeout(STEP)
            busy = any(r.resource_type in CONTENTS for r in self._loading)
            quiet = 0 if busy else quiet + STEP
            if quiet >= QUIET:
                return
        raise Error(f"still loading after {TIMEOUT / 1000:.0f} s")
