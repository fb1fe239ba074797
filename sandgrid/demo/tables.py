"""Data tables of the bundled city, read from the package."""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
import shapely

from sandgrid.demo.arithmetic import project


@cache
def demo_table(name: str) -> pd.DataFrame:
    """Return one table of ``sandgrid/reference/demo``.

    Examples
    --------
    >>> demo_table("districts")["district_id"].iloc[0]
    '150502'

    """
    path = resources.files("sandgrid") / "reference" / "demo" / f"{name}.csv"
    text = {"district_id": "str", "code": "str"}
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=text, keep_default_na=False)


@cache
def class_values(name: str = "dltb") -> dict[str, int]:
    """Return raster value by code of a land code table (DLTB code, or soil class).

    Examples
    --------
    >>> class_values()["1205"]
    37

    """
    path = resources.files("sandgrid") / "reference" / "landcodes" / f"{name}.csv"
    with path.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype="str")
    key = "code" if "code" in table else "class"
    return {str(code): int(value) for code, value in zip(table[key], table["value"], strict=True)}


def district_polygons() -> np.ndarray:
    """Return the schematic district outlines in the analysis CRS, in the order of the table."""
    outlines = demo_table("district_outlines")
    rings = [
        shapely.Polygon(outlines.loc[outlines["district_id"] == key, ["x_m", "y_m"]].to_numpy())
        for key in demo_table("districts")["district_id"]
    ]
    return shapely.normalize(np.array(rings, dtype=object))


def seat_points_m() -> np.ndarray:
    """Return the seats of the districts, whole metres in the analysis CRS."""
    table = demo_table("districts")
    x, y = project(table["seat_lon"].to_numpy(float), table["seat_lat"].to_numpy(float))
    return np.column_stack([np.rint(x), np.rint(y)])
