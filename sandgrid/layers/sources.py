"""What the entries of the layer catalogue say about a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Resampling = Literal["nearest", "mode", "average", "bilinear", "cubic"]
NodataMeans = Literal["unknown", "absent"]
Codes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class LayerSource:
    """One entry of the catalogue.

    Parameters
    ----------
    role : str
        Key of the entry.
    path : Path
        File.
    unit : str
        Unit of the values, for the reader.
    title_zh, title_en, source, licence, date : str
        What the layer is, where it comes from, under which terms, of which day.
    synthetic : bool
        Whether the layer is made up.
    assume_crs : str
        CRS of a file that does not say.

    """

    role: str
    path: Path
    unit: str = ""
    title_zh: str = ""
    title_en: str = ""
    source: str = ""
    licence: str = ""
    date: str = ""
    synthetic: bool = False
    assume_crs: str = ""

    @property
    def named(self) -> dict[str, object]:
        """Return layer and file as fields of a message."""
        return {"layer": self.role, "file": self.path.name}


@dataclass(frozen=True, kw_only=True)
class RasterSource(LayerSource):
    """A raster of the catalogue.

    Parameters
    ----------
    content : {"quantity", "category"}
        Quantities are resampled as declared, categories by nearest or mode.
    resampling : str
        nearest, mode, average, bilinear or cubic.
    nodata_means : {"unknown", "absent"}
        Whether a gap is something not known or something that is not there.
    nodata : float, tuple of float, "none" or None
        A number, several numbers (flags) or "none" where the file does not say; None where it
        does.
    valid_range : pair of float, optional
        Values outside are refused.
    codes : mapping
        Code or class of a category -> raster values; empty for a quantity.
    band : int, optional
        Band, needed where the file holds several.
    scale, offset : float, optional
        Value = stored number x scale + offset, where the file does not say; they win over it.

    """

    content: Literal["quantity", "category"]
    resampling: Resampling
    nodata_means: NodataMeans
    nodata: float | tuple[float, ...] | Literal["none"] | None = None
    valid_range: tuple[float, float] | None = None
    codes: Codes = field(default_factory=dict)
    band: int | None = None
    scale: float | None = None
    offset: float | None = None


@dataclass(frozen=True, kw_only=True)
class VectorSource(LayerSource):
    """A vector layer of the catalogue.

    Parameters
    ----------
    geometry : {"point", "line", "polygon"}
        Family of every geometry.
    id : str
        Column that tells the features apart; counted in file order if no column gives it.
    columns : mapping
        Column inside SandGrid -> column of the file.
    fill : mapping
        Column that the file lacks -> its one value.
    recode : mapping
        Column -> value of the file -> value inside SandGrid; "" leaves a feature out.
    where : mapping
        Column of the file -> values that are kept.
    layer : str
        Layer of a GeoPackage that holds several.
    encoding : str
        Encoding of a shapefile's text where the .cpg is missing or wrong.
    repair : bool
        Whether invalid geometries are repaired by make_valid.
    sparse : bool
        Whether the area may hold no feature of the layer at all.
    datum : str
        ``gcj02`` where the coordinates are shifted as on Chinese phones and web maps; they are
        moved back.

    """

    geometry: Literal["point", "line", "polygon"]
    id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, object] = field(default_factory=dict)
    recode: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    layer: str = ""
    encoding: str = ""
    repair: bool = False
    sparse: bool = False
    datum: Literal["", "gcj02"] = ""


@dataclass(frozen=True, kw_only=True)
class CoverageSource(LayerSource):
    """Polygons that each bear one class, read as a category (三调 DLTB).

    Parameters
    ----------
    column : str
        Column of the file that holds the code.
    codes : mapping
        Code or class -> values.
    nodata_means : {"unknown", "absent"}
        What land outside of every polygon is.
    where, layer, encoding, repair, datum
        As for a vector layer.

    """

    column: str
    codes: Codes
    nodata_means: NodataMeans
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    layer: str = ""
    encoding: str = ""
    repair: bool = False
    datum: Literal["", "gcj02"] = ""

    @property
    def features(self) -> VectorSource:
        """Return the same file as a vector layer with the column ``code``."""
        return VectorSource(
            role=self.role,
            path=self.path,
            assume_crs=self.assume_crs,
            geometry="polygon",
            id="feature",
            columns={"code": self.column},
            where=self.where,
            layer=self.layer,
            encoding=self.encoding,
            repair=self.repair,
            datum=self.datum,
        )


@dataclass(frozen=True, kw_only=True)
class TableSource(LayerSource):
    """A table without geometry (CSV) of the catalogue."""


Source = RasterSource | CoverageSource | VectorSource | TableSource


def source_files(source: Source) -> tuple[Path, ...]:
    """Return the files of a layer: for a shapefile also its .dbf, .shx, .prj, .cpg."""
    if source.path.suffix.lower() != ".shp":
        return (source.path,)
    parts = (source.path.with_suffix(end) for end in (".shp", ".shx", ".dbf", ".prj", ".cpg"))
    return tuple(part for part in parts if part.is_file())
