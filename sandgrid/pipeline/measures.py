"""Measures that a rule about land keeps off a parcel."""

from typing import Final

import geopandas as gpd

from sandgrid.errors import InputError
from sandgrid.land import Eligibility
from sandgrid.land.exclusions import MEASURES
from sandgrid.params import Parameters
from sandgrid.parcels.cells import cell_shares

SLIVER: Final = 1e-6


def refused_measures(
    eligibility: Eligibility, parcels: gpd.GeoDataFrame, parameters: Parameters
) -> frozenset[tuple[str, str]]:
    """Return which measures may not be used on which parcels.

    A measure with rules of its own is used on a parcel only if none of the land that may be
    treated there is refused to it: parcels are treated whole.

    Parameters
    ----------
    eligibility : Eligibility
        With a use ``treatment:<measure>`` for each measure that has rules of its own.
    parcels : GeoDataFrame
        Contract ``parcels``, in the CRS of the grid.
    parameters : Parameters
        ``measure.*``.

    Raises
    ------
    InputError
        If a rule speaks of a measure that the treatment catalogue lacks.

    """
    own = [use for use in eligibility.reasons if use.startswith(MEASURES)]
    known = parameters.below("measure")
    for use in own:
        if use.removeprefix(MEASURES) not in known:
            raise InputError("rule-measure-unknown", {"use": use, "known": ", ".join(known)})
    if not own:
        return frozenset()
    shares = cell_shares(parcels.geometry.to_numpy(), eligibility.geobox)
    found: set[tuple[str, str]] = set()
    for use in own:
        lost = eligibility.mask("treatment") & ~eligibility.mask(use)
        cells = shares.total(lost.ravel()[shares.cell].astype("float64"))
        names = parcels["parcel_id"].to_numpy()[cells > SLIVER]
        found |= {(str(name), use.removeprefix(MEASURES)) for name in names}
    return frozenset(found)
