"""What grows: cover in year 3 under the cap of rain, and how far the sand flux is cut."""

import numpy as np
import numpy.typing as npt

from sandgrid.params import Parameters
from sandgrid.treatment.catalogue import Growth, Sequence, Step

Floats = npt.NDArray[np.float64]
LAST_YEAR = 3


def by_rain(rain_mm: Floats, key: str, parameters: Parameters) -> Floats:
    """Return the value of a parameter for the rain of each place: one value per band of rain.

    Parameters
    ----------
    rain_mm : array
        Yearly rain [mm].
    key : str
        Parameter with one value more than ``treatment.rain_limits_mm`` has limits.
    parameters : Parameters
        Limits and values.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> by_rain(np.array([349.0, 350.0, 400.0]), "treatment.woody_cover_max",
    ...         default_parameters()).tolist()
    [0.15, 0.25, 0.35]

    """
    limits = np.asarray(parameters.numbers("treatment.rain_limits_mm"))
    values = np.asarray(parameters.numbers(key))
    return np.asarray(values[np.searchsorted(limits, rain_mm, side="right")], dtype=np.float64)


def density_share(step: Step, rain_mm: Floats, parameters: Parameters) -> Floats:
    """Return the share of its plants that a step may set where rain allows fewer [1].

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> from sandgrid.treatment.catalogue import read_sequences
    >>> by_id = {s.sequence_id: s for s in read_sequences(default_parameters())}
    >>> density_share(by_id["shrub"].steps[0], np.array([340.0, 390.0, 420.0]),
    ...               default_parameters()).round(3).tolist()
    [0.455, 0.75, 1.0]

    """
    planted = step.needs["seedlings"]
    most = {"tree": "treatment.trees_per_ha", "shrub": "treatment.shrubs_per_ha"}
    if not planted or step.growth not in most or step.role == "barrier":
        return np.ones(len(rain_mm))
    return np.minimum(1.0, by_rain(rain_mm, most[step.growth], parameters) / planted)


def cover_after(
    sequence: Sequence, today: Floats, rain_mm: Floats, parameters: Parameters
) -> Floats:
    """Return the cover in year 3 [1].

    The best planting or barrier decides; woody plants cover no more than rain allows, and what
    comes up between them behind a fence; where nothing is planted, a fence adds to today's cover.
    In strips, the land between the belts is only fenced.

    Parameters
    ----------
    sequence : Sequence
        What is done.
    today, rain_mm : array, shape (n,)
        Cover [1], yearly rain [mm].
    parameters : Parameters
        ``treatment.woody_cover_max``.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> from sandgrid.treatment.catalogue import read_sequences
    >>> by_id = {s.sequence_id: s for s in read_sequences(default_parameters())}
    >>> rain = np.array([340.0, 390.0, 420.0])
    >>> cover_after(by_id["shrub"], np.full(3, 0.2), rain, default_parameters()).tolist()
    [0.15, 0.25, 0.35]
    >>> cover_after(by_id["shrub_enclosure"], np.full(3, 0.2), rain, default_parameters()).tolist()
    [0.275, 0.375, 0.375]

    """
    gain = max((step.cover for step in sequence.steps if step.adds), default=0.0)
    fenced = today + gain
    grown = [_grown(step, rain_mm, gain, parameters) for step in sequence.steps if not step.adds]
    if not grown:
        return np.asarray(np.minimum(fenced, 1.0))
    best = np.max(grown, axis=0)
    share = sequence.treated_share
    return np.asarray(np.minimum(share * best + (1.0 - share) * fenced, 1.0))


def _grown(step: Step, rain_mm: Floats, gain: float, parameters: Parameters) -> Floats:
    woody: tuple[Growth, ...] = ("tree", "shrub")
    if step.growth not in woody:
        return np.full(len(rain_mm), step.cover)
    most = by_rain(rain_mm, "treatment.woody_cover_max", parameters) + gain
    return np.minimum(step.cover, most)


def flux_cut(sequence: Sequence, year: int) -> float:
    """Return the cut of the sand flux in a year after the start, 1 being the first [1].

    Of each step that is done by then, the cut goes from that of its first to that of its third
    year; steps multiply what passes.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> from sandgrid.treatment.catalogue import read_sequences
    >>> by_id = {s.sequence_id: s for s in read_sequences(default_parameters())}
    >>> [round(flux_cut(by_id["shrub"], year), 2) for year in (1, 2, 3)]
    [0.2, 0.4, 0.6]

    """
    passes = 1.0
    for step in sequence.steps:
        age = year - step.offset_years
        if age > 0:
            passes *= 1.0 - float(np.interp(age, (1, LAST_YEAR), step.flux_cut))
    return 1.0 - passes
