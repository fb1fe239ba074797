"""Pages in headless Chromium with the network off; every request and every error is kept."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"viewport": {"width": 1360, "height": 850}}
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"


@dataclass
class Opened:
    """A page, what it asked the network for, and what went wrong in it."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:
        """Run a script in the page; a promise is awaited."""
        return self.page.evaluate(script)

    def settle(self) -> None:
        """Wait until every tile is painted."""
        self.run("sandgrid.painted()")

    def shot(self, name: str) -> None:
        """Keep a picture of the page for people to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.settle()
        self.page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


OpenMap = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start Debian's Chromium; skip where it is missing, fail where CI is set."""
    program = shutil.which("chromium")
    if program is None:
        message = "Chromium is not installed; run `make setup-browser`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only with a browser

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Pages:
    """Opens pages from files with the network off, and closes them."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.contexts: list[Any] = []

    def open(
        self,
        html: bytes,
        *,
        view: Mapping[str, Any] = MappingProxyType(DESKTOP),
        before: str = "",
        name: str = "map.html",
    ) -> Opened:
        """Open a page from a file of that name."""
        context = self.browser.new_context(**view)
        self.contexts.append(context)
        context.set_offline(True)
        if before:
            context.add_init_script(before)
        found = Opened(context.new_page())
        _listen(found)
        file = self.folder / name
        file.write_bytes(html)
        found.page.goto(file.as_uri())
        found.requests.remove(file.as_uri())
        return found

    def open_map(self, html: bytes, **options: Any) -> Opened:
        """Open a map and wait until it is drawn."""
        found = self.open(html, **options)
        found.run("sandgrid.ready")
        found.settle()
        return found

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()


def _listen(found: Opened) -> None:
    page = found.page
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("dialog", lambda dialog: (found.errors.append("dialog"), dialog.dismiss()))
    page.on(
        "console",
        lambda entry: found.errors.append(entry.text) if entry.type in _LOUD else None,
    )


_LOUD = frozenset({"error", "warning"})


@pytest.fixture
def pages(chromium: Any, tmp_path: Path) -> Iterator[Pages]:
    """Return an opener of pages that are closed after the test."""
    found = Pages(chromium, tmp_path)
    yield found
    found.close()


@pytest.fixture
def open_page(pages: Pages) -> OpenMap:
    """Return a function that opens a page from a file with the network off."""
    return pages.open


@pytest.fixture
def open_map(pages: Pages) -> OpenMap:
    """Return a function that opens a map and waits until it is drawn."""
    return pages.open_map
