"""Vegetation cover from a layer of NDVI, which takes the place of a layer of cover."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.errors import ScenarioError
from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.layers.raster import Raster
from sandgrid.layers.raster_files import ByteRaster, RasterFile
from sandgrid.layers.stack import Layers
from sandgrid.layers.tiles import Tile
from sandgrid.params import Parameters
from sandgrid.sand.cover import cover_by_class, cover_from_ndvi, dune_details, end_members
from sandgrid.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
Members = Mapping[str, tuple[float, float]]
NDVI: Final = "ndvi"
COVER: Final = "cover"
CHOICE: Final = "sand.ndvi_end_members"
GIVEN: Final = "given"
BY_CLASS: Final = "by_class"
DIGITS: Final = 6


@dataclass(frozen=True)
class Greenness:
    """How cover was made from NDVI, and how far it lies from the layer that it replaces.

    Parameters
    ----------
    members : mapping
        Land class, or "" for all the rest -> NDVI of bare soil and of full cover [1].
    mean_cover : float
        Mean of the cells where it is known [1].
    difference : mapping or None
        Against the layer ``cover``, where there is one: ``mean`` [1], ``mean_absolute`` [1],
        ``other_class_ha`` (land whose dune class by cover is another) [ha].

    """

    members: Members
    mean_cover: float
    difference: Mapping[str, float] | None


def cover_of_layers(
    layers: Layers, parameters: Parameters, *, report: Report = warn
) -> tuple[Layers, Greenness | None]:
    """Return the layers with cover made from NDVI where there is a layer of that role.

    Parameters
    ----------
    layers : Layers
        Raster ``ndvi`` [1]; with end members by land class also ``land_class``.
    parameters : Parameters
        ``sand.ndvi_*``.
    report : callable
        Told that a layer of cover is replaced.

    Returns
    -------
    Layers
        With the raster ``cover``; the same layers where there is no NDVI.
    Greenness or None
        None where there is no NDVI.

    Raises
    ------
    ScenarioError
        If ``sand.ndvi_end_members`` is neither ``given`` nor ``by_class``, or land classes are
        asked for and there is no map of them.

    Notes
    -----
    Dimidiate pixel model, see :func:`sandgrid.sand.cover.cover_from_ndvi`.

    """
    if NDVI not in layers.rasters:
        return layers, None
    ndvi = layers.raster(NDVI)
    index = np.where(ndvi.known, np.asarray(ndvi.values), np.nan).astype(np.float64)
    usual = given_members(parameters)
    if _choice(parameters) == GIVEN:
        members: Members = {"": usual}
        cover = cover_from_ndvi(index, *usual)
    else:
        members, cover = _by_class(index, layers, parameters)
    made = Raster(cover.astype(np.float32), ~ndvi.known, ndvi.geobox, pixel_m=ndvi.pixel_m)
    difference = _difference(made, layers, parameters, report)
    mean = float(np.nanmean(cover)) if np.isfinite(cover).any() else 0.0
    rasters = {**layers.rasters, COVER: made}
    return replace(layers, rasters=rasters), Greenness(members, round(mean, DIGITS), difference)


def cover_needs_all(roles: Container[str], parameters: Parameters) -> bool:
    """Tell whether cover is made from the NDVI of all cells at once: end members by class.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> cover_needs_all({"ndvi"}, default_parameters())
    False

    """
    return NDVI in roles and _choice(parameters) != GIVEN


def given_members(parameters: Parameters) -> tuple[float, float]:
    """Return the NDVI of bare soil and of full cover that the parameters state [1].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> given_members(default_parameters())
    (0.05, 0.86)

    """
    return parameters.number("sand.ndvi_bare"), parameters.number("sand.ndvi_dense")


def _choice(parameters: Parameters) -> str:
    choice = parameters.text(CHOICE)
    if choice not in (GIVEN, BY_CLASS):
        raise ScenarioError("sand-ndvi-choice", {"key": CHOICE, "value": choice})
    return choice


def _by_class(index: Floats, layers: Layers, parameters: Parameters) -> tuple[Members, Floats]:
    """Return end members by land class, and the cover they make of NDVI.

    A class with few cells, or with hardly any span of NDVI, takes the given end members.
    """
    if "land_class" not in layers.rasters:
        raise ScenarioError("sand-ndvi-no-classes", {"key": CHOICE})
    land = layers.raster("land_class")
    codes = {name: values for name, values in land.codes.items() if values}
    classes = np.full(index.shape, -1, dtype=np.int64)
    for number, values in enumerate(codes.values()):
        classes[np.isin(np.asarray(land.values), values)] = number
    found = _sound(
        end_members(index, classes, _percentiles(parameters)), index, classes, parameters
    )
    usual = given_members(parameters)
    every = {number: found.get(number, usual) for number in np.unique(classes).tolist()}
    names = dict(enumerate(codes))
    told = {names[number]: found[number] for number in sorted(found)}
    return {**told, "": usual}, cover_by_class(index, classes, every)


def _percentiles(parameters: Parameters) -> tuple[float, float]:
    low, high = parameters.numbers("sand.ndvi_percentiles")
    return low, high


def _sound(
    found: Mapping[int, tuple[float, float]],
    index: Floats,
    classes: npt.NDArray[np.int64],
    parameters: Parameters,
) -> dict[int, tuple[float, float]]:
    """Return the end members of classes with enough cells and span."""
    least = parameters.number("sand.ndvi_least_cells")
    span = parameters.number("sand.ndvi_least_span")
    held = np.bincount(classes[np.isfinite(index) & (classes >= 0)], minlength=1)
    return {
        number: (round(bare, DIGITS), round(dense, DIGITS))
        for number, (bare, dense) in found.items()
        if held[number] >= least and dense - bare >= span
    }


def _difference(
    made: Raster, layers: Layers, parameters: Parameters, report: Report
) -> Mapping[str, float] | None:
    """Return how far the cover of NDVI lies from that of the layer it replaces."""
    if COVER not in layers.rasters:
        return None
    old = layers.raster(COVER)
    both = made.known & old.known
    new, before = (np.asarray(r.values)[both].astype(np.float64) for r in (made, old))
    apart = new - before
    other = dune_details(new, parameters) != dune_details(before, parameters)
    cell_ha = abs(made.geobox.affine.a * made.geobox.affine.e) / M2_PER_HA
    found = {
        "mean": float(apart.mean()) if len(apart) else 0.0,
        "mean_absolute": float(np.abs(apart).mean()) if len(apart) else 0.0,
        "other_class_ha": float(other.sum()) * cell_ha,
    }
    values = {"points": f"{100 * found['mean']:+.1f}", "area": round(found["other_class_ha"])}
    report(SandGridWarning("sand-cover-replaced", values))
    return {name: round(value, DIGITS) for name, value in found.items()}


@dataclass(frozen=True)
class CoverFile(RasterFile):
    """A raster of NDVI that stays in its file; its parts are the cover that it makes.

    Parameters
    ----------
    members : pair of float
        NDVI of bare soil and of full cover [1].

    """

    members: tuple[float, float] = (0.0, 1.0)

    def part(self, tile: Tile) -> Raster:
        """Return the cover of the cells of a tile; raises as a raster of NDVI does."""
        return self._cover(super().part(tile))

    def byte_part(self, tile: Tile) -> ByteRaster | None:
        """Return the cells of a tile as bytes, and the cover that each stands for."""
        held = super().byte_part(tile)
        return held and replace(held, meaning=self._cover(held.meaning))

    def _cover(self, ndvi: Raster) -> Raster:
        index = np.where(ndvi.known, np.asarray(ndvi.values), np.nan).astype(np.float64)
        cover = cover_from_ndvi(index, *self.members).astype(np.float32)
        return Raster(cover, ~ndvi.known, ndvi.geobox, pixel_m=ndvi.pixel_m)


def cover_file(ndvi: RasterFile, parameters: Parameters) -> CoverFile:
    """Return the cover that a file of NDVI makes, tile by tile, with given end members.

    Raises
    ------
    ScenarioError
        If end members by land class are asked for, which takes all cells at once.

    """
    if _choice(parameters) != GIVEN:
        raise ScenarioError("sand-ndvi-by-tile", {"key": CHOICE})
    kept = {name: getattr(ndvi, name) for name in RasterFile.__dataclass_fields__}
    return CoverFile(**kept, members=given_members(parameters))
