"""What the plan lies on: terrain, land cover, reasons, lines, names, and online maps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from sandgrid.export.maps.carried import CarriedGround
from sandgrid.export.maps.words import Words


@dataclass(frozen=True)
class Field:
    """A raster that lies under the plan.

    Parameters
    ----------
    cells : ndarray of shape geobox.shape
        Quantity or category; NaN is not drawn.
    geobox : GeoBox
        Where it lies.

    """

    cells: npt.NDArray[np.float32]
    geobox: GeoBox


@dataclass(frozen=True)
class RuleText:
    """A rule that removes land, as a reader sees it.

    Parameters
    ----------
    uses : tuple of str
        Uses that it removes land from.
    bit : int
        Its bit in the reasons of these uses.
    title : Words
        What it keeps free.
    document : str
        The document that asks for it.

    """

    uses: tuple[str, ...]
    bit: int
    title: Words
    document: str


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why land may not be used, cell by cell.

    Parameters
    ----------
    bits : mapping
        Use (pv, wind, treatment) -> uint32, shape of the geobox; 0 is eligible.
    geobox : GeoBox
        Where it lies.
    rules : tuple of RuleText
        What each bit means.
    outside_bits : int
        Bits of cells that are not shown at all.

    """

    bits: Mapping[str, npt.NDArray[np.uint32]]
    geobox: GeoBox
    rules: tuple[RuleText, ...] = ()
    outside_bits: int = 0


@dataclass(frozen=True)
class Basemap:
    """An online map that a reader may lay under the plan.

    Parameters
    ----------
    name : str
        Fixed name.
    title : Words
        Text of the choice.
    addresses : tuple of str
        Tile addresses, the lowest first; ``KEY`` stands for the user's key.
    subdomains : str
        Letters for ``{s}``.
    hosts : tuple of str
        Hosts that the page may then ask for pictures.
    attribution : str
        Who made it.
    shifted : bool
        Whether it is drawn in GCJ-02.
    max_zoom : int
        Finest level it is drawn at.

    """

    name: str
    title: Words
    addresses: tuple[str, ...]
    subdomains: str
    hosts: tuple[str, ...]
    attribution: str
    shifted: bool
    max_zoom: int = 18

    def with_key(self, key: str) -> "Basemap":
        """Return the basemap with the user's key in its addresses."""
        return replace(self, addresses=tuple(a.replace("KEY", key) for a in self.addresses))


@dataclass(frozen=True)
class Ground:
    """What the plan lies on; anything absent is not drawn.

    Parameters
    ----------
    hillshade : Field, optional
        0 dark to 1 bright; NaN outside the area [1].
    cover : Field, optional
        Number of the land cover class.
    covers : tuple of str
        Class of each number from 0 (see ``palette.COVERS``); what it lacks is drawn neutral.
    reasons : Reasons, optional
        Where each rule speaks against each use.
    lines : mapping
        Role (roads, railways, rivers, power_lines, water) -> lines or polygons.
    places : GeoDataFrame, optional
        Points with ``name`` and ``kind`` (city, town, village).
    carried : CarriedGround, optional
        All of it as a written page holds it, in the place of the rest.
    erosion : Field, optional
        Loss to the wind before the plan [t/ha/a].

    """

    hillshade: Field | None = None
    cover: Field | None = None
    covers: tuple[str, ...] = ()
    reasons: Reasons | None = None
    lines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=lambda: MappingProxyType({}))
    places: gpd.GeoDataFrame | None = None
    carried: CarriedGround | None = None
    erosion: Field | None = None
