"""Pages that need no network: Folium's own assets from an installed package, scripts pinned."""

import base64
import hashlib
import re
from typing import Final

import folium
from branca.element import CssLink, Figure, JavascriptLink, Link
from offlinefolium.elements import _res as PACKAGED_ASSETS  # noqa: N812  # its table

from sandgrid.errors import InputError

SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
SOURCE_MAP: Final = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
POLICY: Final = (
    "default-src 'none'; img-src data: blob:{pictures}; style-src 'unsafe-inline'; "
    "script-src {scripts}; base-uri 'none'; form-action 'none'"
)
POLICY_MARK: Final = "<!--sandgrid-policy-->"


def packaged_asset(address: str) -> str:
    """Return the text that an address would answer with, from the installed package.

    Raises
    ------
    InputError
        If the package lacks the address; nothing is ever fetched.

    Examples
    --------
    >>> packaged_asset("https://example.org/none.js")
    Traceback (most recent call last):
    sandgrid.errors.InputError: the package folium-offline lacks https://example.org/none.js; \
use another version of folium or folium-offline

    """
    if address not in PACKAGED_ASSETS:
        raise InputError("map-no-asset", {"address": address})
    return SOURCE_MAP.sub("", str(PACKAGED_ASSETS[address])).strip()


class OfflinePage(Figure):
    """A page that carries its assets and refuses every connection and every foreign script.

    Parameters
    ----------
    picture_hosts : tuple of str
        Hosts that it may ask for pictures once a reader switches an online basemap on.
    more
        As branca's Figure takes them.

    """

    def __init__(self, *, picture_hosts: tuple[str, ...] = (), title: str, height: str) -> None:
        super().__init__(title=title, height=height)
        self.picture_hosts = picture_hosts

    def render(self, **kwargs: object) -> str:
        """Return the page as text; branca passes its own keywords."""
        for child in list(self._children.values()):
            child.render(**kwargs)
        for element in list(self.header._children.values()):  # noqa: SLF001  # branca's tree
            if isinstance(element, JavascriptLink | CssLink):
                _carry(element)
        page = str(self._template.render(this=self, kwargs={**kwargs, "embedded": True}))
        return page.replace(POLICY_MARK, _policy_tag(page, self.picture_hosts), 1)


def _carry(element: Link) -> None:
    element.code = packaged_asset(element.url)  # type: ignore[assignment]  # printed as it is


def _policy_tag(page: str, hosts: tuple[str, ...]) -> str:
    """Return a policy under which exactly the scripts of this page run."""
    prints = (hashlib.sha256(text.encode()).digest() for text in SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in prints)
    policy = POLICY.format(scripts=scripts, pictures="".join(f" {host}" for host in hosts))
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'


def leaflet_only(page: folium.Map) -> None:
    """Keep Leaflet itself and drop icon fonts, Bootstrap and jQuery from a map."""
    page.default_js = [pair for pair in page.default_js if pair[0] == "leaflet"]
    page.default_css = [pair for pair in page.default_css if pair[0] == "leaflet_css"]
