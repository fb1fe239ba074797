"""A measure with a rule of its own is left out where the rule holds, and only there."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.land import Eligibility
from sandgrid.options import Screening, list_options
from sandgrid.params import default_parameters
from sandgrid.pipeline.measures import refused_measures
from sandgrid.treatment.catalogue import read_sequences
from tests.options.test_options import AS_OF, LINKS, PARAMETERS, PARCELS, SITES

GEOBOX = GeoBox((1, 4), Affine(100, 0, 0, 0, -100, 100), "EPSG:32651")
NONE = np.zeros((1, 4), np.uint32)
OWN = np.array([[1, 1, 0, 0]], np.uint32)
MAP = gpd.GeoDataFrame(
    {"parcel_id": ["P000001", "P000002"]},
    geometry=[shapely.box(100, 0, 300, 100), shapely.box(300, 0, 400, 100)],
    crs="EPSG:32651",
)


def found(measure: str) -> Eligibility:
    reasons = dict.fromkeys(("pv", "wind", "treatment"), NONE)
    return Eligibility(GEOBOX, {**reasons, f"treatment:{measure}": OWN}, ())


def test_a_parcel_on_refused_land_loses_the_measure() -> None:
    assert refused_measures(found("shrub"), MAP, PARAMETERS) == {("P000001", "shrub")}
    plain = replace(found("shrub"), reasons={"treatment": NONE})
    assert refused_measures(plain, MAP, PARAMETERS) == frozenset()


def test_land_that_nobody_treats_refuses_nothing() -> None:
    gone = replace(found("shrub"), reasons={"treatment": OWN, "treatment:shrub": OWN})
    assert refused_measures(gone, MAP, PARAMETERS) == frozenset()


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(InputError, match="treatment:oak is not in the treatment catalogue"):
        refused_measures(found("oak"), MAP, default_parameters())


def test_options_leave_the_measure_out_there_only() -> None:
    refused = {("P000001", "shrub")}
    free = list_options(PARCELS, SITES, LINKS, PARAMETERS, as_of=AS_OF).treat_options
    kept = list_options(
        PARCELS, SITES, LINKS, PARAMETERS, as_of=AS_OF, screening=Screening(refused=refused)
    ).treat_options
    with_shrubs = {
        sequence.sequence_id
        for sequence in read_sequences(PARAMETERS)
        if any(step.measure == "shrub" for step in sequence.steps)
    }
    here = kept["parcel_id"] == "P000001"
    assert set(free.loc[free["parcel_id"] == "P000001", "sequence_id"]) & with_shrubs
    assert not set(kept.loc[here, "sequence_id"]) & with_shrubs
    assert (
        kept[~here]
        .reset_index(drop=True)
        .equals(free[free["parcel_id"] != "P000001"].reset_index(drop=True))
    )
