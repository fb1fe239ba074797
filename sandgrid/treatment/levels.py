"""Parcels in few levels of loss and shelter, so that alike parcels have alike options."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]


def level_means(parcels: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return what a parcel is planned with: the mean of the parcels of its level.

    Parcels of one dune class whose loss lies between the same limits form a level of loss; those
    whose shelter does, a level of shelter. Means are weighted by treatable land, so that the sums
    over all land are those of the parcels themselves.

    Parameters
    ----------
    parcels : DataFrame
        dune_class, cover [1], erodibility [1], erosion_t_per_ha [t/ha/a], shelter_per_ha [1/ha],
        treat_ha [ha].
    parameters : Parameters
        ``sand.erosion_levels_t_per_ha``, ``shelter.levels_per_ha``.

    Returns
    -------
    DataFrame, index of ``parcels``
        loss_t_per_ha, erodibility, cover, shelter_per_ha.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> parcels = pd.DataFrame({"dune_class": "mobile", "cover": [0.02, 0.08], "erodibility": 0.6,
    ...     "erosion_t_per_ha": [160.0, 200.0], "shelter_per_ha": 0.0, "treat_ha": [30.0, 10.0]})
    >>> level_means(parcels, default_parameters())["loss_t_per_ha"].tolist()
    [170.0, 170.0]

    """
    loss = _level(parcels["erosion_t_per_ha"], parameters.numbers("sand.erosion_levels_t_per_ha"))
    shelter = _level(parcels["shelter_per_ha"], parameters.numbers("shelter.levels_per_ha"))
    by_loss = [parcels["dune_class"], loss]
    means = {
        "loss_t_per_ha": ("erosion_t_per_ha", by_loss),
        "erodibility": ("erodibility", by_loss),
        "cover": ("cover", by_loss),
        "shelter_per_ha": ("shelter_per_ha", [shelter]),
    }
    return pd.DataFrame(
        {name: _mean(parcels, column, keys) for name, (column, keys) in means.items()},
        index=parcels.index,
    )


def _level(values: "pd.Series[float]", limits: Sequence[float]) -> "pd.Series[int]":
    found = np.searchsorted(limits, values.to_numpy(dtype=np.float64), side="right")
    return pd.Series(found, index=values.index)


def _mean(parcels: pd.DataFrame, column: str, keys: "list[pd.Series]") -> "pd.Series[float]":
    """Return the mean of each group by treatable land; the plain mean where there is none."""
    weight = parcels["treat_ha"].astype("float64")
    total = weight.groupby(keys).transform("sum")
    weight = weight.where(total > 0, 1.0)
    sums = (parcels[column] * weight).groupby(keys).transform("sum")
    return sums / weight.groupby(keys).transform("sum")
