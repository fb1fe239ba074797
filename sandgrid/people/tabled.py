"""Works of a table put on the land: each takes its area from the polygon that it names."""

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import pandas as pd
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from sandgrid.errors import InputError
from sandgrid.messages import message_catalogue
from sandgrid.params import Parameters
from sandgrid.plan.cutting import split_area
from sandgrid.units import CENTIMU_PER_MU, MU_M2

LANGUAGES: Final = ("zh", "en")


def measure_names(parameters: Parameters) -> dict[str, str]:
    """Return what a measure or sequence may be called -> its code.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> names = measure_names(default_parameters())
    >>> names["shrub"], names["straw_shrub"]
    ('shrub', 'straw_shrub')

    """
    names: dict[str, str] = {}
    for kind in ("measure", "sequence"):
        for code in parameters.below(kind):
            texts = message_catalogue().get(f"{kind}-{code}", {})
            names |= {texts[lang].lower(): code for lang in LANGUAGES if lang in texts}
            names[code] = code
    return names


def land_of_rows(
    rows: pd.DataFrame, inventory: gpd.GeoDataFrame, parameters: Parameters
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Draw the works of a table on the polygons of the sand inventory.

    Parameters
    ----------
    rows : DataFrame
        work_id, parcel (``source_id`` of the inventory), measure, area_mu, date, accepted.
    inventory : GeoDataFrame
        source_id, dune_class, district_id (optional) and polygons, in a CRS in metres.
    parameters : Parameters
        ``measure.*`` and ``sequence.*``, which name what may be done.

    Returns
    -------
    works : GeoDataFrame
        The columns of the layer of works; each is cut from what earlier works left of its
        polygon, by date and then by id, by one straight line to its exact area.
    issues : DataFrame
        Works that state more than their polygon still has (``beyond``); what is left counts.

    Raises
    ------
    InputError
        If a parcel is not in the inventory, or a measure not in the catalogue.

    """
    left: dict[str, BaseGeometry] = dict(
        zip(inventory["source_id"], inventory.geometry, strict=True)
    )
    classes = dict(zip(inventory["source_id"], inventory["dune_class"], strict=True))
    names, works, issues = measure_names(parameters), [], []
    for row in rows.sort_values(["date", "work_id"], kind="stable").to_dict("records"):
        parcel = str(row["parcel"])
        if parcel not in left:
            values = {"work": row["work_id"], "parcel": parcel}
            raise InputError("works-table-unknown-parcel", values)
        whole = float(row["area_mu"])
        part, rest = split_area(left[parcel], whole * float(MU_M2))
        taken = min(whole, round(part.area / float(MU_M2), 2))
        left[parcel] = rest if not rest.is_empty else Polygon()
        if whole - taken >= 1 / CENTIMU_PER_MU:
            issues.append(_beyond(row, parcel, taken))
        works.append(
            {
                "work_id": row["work_id"],
                "measure": _measure(row, names),
                "date": row["date"],
                "area_mu": taken,
                "accepted": int(row["accepted"]),
                "dune_class": classes[parcel],
                "geometry": part,
            }
        )
    columns = ["work_id", "measure", "date", "area_mu", "accepted", "dune_class", "geometry"]
    drawn = gpd.GeoDataFrame(pd.DataFrame(works, columns=columns), crs=inventory.crs)
    return drawn[~drawn.geometry.is_empty], pd.DataFrame(issues)


def _measure(row: Mapping[object, object], names: Mapping[str, str]) -> str:
    told = str(row["measure"]).strip().lower()
    if told not in names:
        known = ", ".join(sorted(set(names.values())))
        values = {"work": row["work_id"], "measure": row["measure"], "known": known}
        raise InputError("works-table-unknown-measure", values)
    return names[told]


def _beyond(row: Mapping[object, object], parcel: str, taken: float) -> dict[str, object]:
    return {
        "work_id": row["work_id"],
        "issue": "beyond",
        "other": parcel,
        "date": row["date"],
        "stated_centimu": round(float(str(row["area_mu"])) * CENTIMU_PER_MU),
        "counted_centimu": round(taken * CENTIMU_PER_MU),
    }
