"""Text of the catalogue and of the readme that stand beside the bundled files."""

from importlib import resources

import pandas as pd

from sandgrid.demo.tables import demo_table

SOURCE = "SandGrid synthetic city (sandgrid demo-data)"
LICENCE = "CC0-1.0"
DATE = "2024-06-30"
EVERYWHERE = ("districts", "inventory")  # a part of the city may lack any other layer


def catalogue_text(*, seed: int, resolution_m: int) -> str:
    """Return the layer catalogue as TOML."""
    table = demo_table("layers")
    head = (
        f"# Synthetic, calibrated data (seed {seed}, {resolution_m} m); no place, plant or owner "
        "in it is real.\n# 合成示意数据，非实测；行政界线为示意。\n"
    )
    return head + "".join(f"\n{_entry(row)}" for _, row in table.iterrows())


def _entry(row: pd.Series) -> str:
    of_kind = {"raster": _raster_lines, "vector": _vector_lines, "table": _table_lines}
    lines = of_kind[row["kind"]](row)
    lines = [f"[{row['role']}]", f'kind = "{row["kind"]}"', *lines]
    lines += [
        f'title_zh = "{row["title_zh"]}"',
        f'title_en = "{row["title_en"]}"',
        f'source = "{SOURCE}"',
        f'licence = "{LICENCE}"',
        f'date = "{DATE}"',
        "synthetic = true",
    ]
    return "\n".join(lines) + "\n"


def _raster_lines(row: pd.Series) -> list[str]:
    codes = [f'codes = "{row["columns"]}"'] if row["content"] == "category" else []
    return [
        f'path = "rasters/{row["role"]}.tif"',
        f'content = "{row["content"]}"',
        f'unit = "{row["unit"]}"',
        f'resampling = "{row["resampling"]}"',
        'nodata_means = "unknown"',
        f"valid_range = [{row['low']}, {row['high']}]",
        *codes,
    ]


def _vector_lines(row: pd.Series) -> list[str]:
    pairs = column_pairs(row["columns"])
    columns = ", ".join(f'{name} = "{short}"' for name, short in pairs.items())
    return [
        f'path = "shapefiles/{row["role"]}.shp"',
        f'geometry = "{row["geometry"]}"',
        f'id = "{next(iter(pairs))}"',
        f"columns = {{ {columns} }}",
        *([] if row["role"] in EVERYWHERE else ["sparse = true"]),
    ]


def _table_lines(row: pd.Series) -> list[str]:
    return [f'path = "tables/{row["role"]}.csv"']


def column_pairs(text: str) -> dict[str, str]:
    """Return the shapefile name of each internal column.

    Examples
    --------
    >>> column_pairs("district_id=adcode;district=name")
    {'district_id': 'adcode', 'district': 'name'}

    """
    return dict(pair.split("=") for pair in text.split(";"))


def readme_text(*, seed: int, resolution_m: int) -> str:
    """Return the readme of the data folder."""
    path = resources.files("sandgrid") / "reference" / "demo" / "readme.md"
    return path.read_text(encoding="utf-8").format(seed=seed, resolution_m=resolution_m)
