"""What a plan is made from, in a few frozen records."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from odc.geo.geobox import GeoBox

from sandgrid.optimize.solution import JointSolution
from sandgrid.optimize.treatment import TreatmentSolution

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TreatCells:
    """Cells that may be treated.

    Parameters
    ----------
    mask : ndarray of bool, shape of the geobox
        True where treatment is eligible.
    geobox : GeoBox
        Of the mask.

    """

    mask: Mask
    geobox: GeoBox


@dataclass(frozen=True, eq=False)
class Ground:
    """Land, sites, districts and finished works, all in the analysis CRS.

    Parameters
    ----------
    parcels, sites, site_parcels, turbine_positions : GeoDataFrame, DataFrame
        Contracts of the same names.
    pv_land : GeoDataFrame
        site_id and the land that PV blocks may take.
    districts : GeoDataFrame
        district_id, district.
    works : GeoDataFrame
        work_id, sequence_id, date, area_centimu, accepted, dune_class, district_id.
    treat_cells : TreatCells, optional
        Cells that may be treated; without them every parcel may be treated whole.

    """

    parcels: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    site_parcels: pd.DataFrame
    turbine_positions: gpd.GeoDataFrame
    pv_land: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    works: gpd.GeoDataFrame
    treat_cells: TreatCells | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """What could be chosen: tables of options and of the power system, by their contracts."""

    build_options: pd.DataFrame
    treat_options: pd.DataFrame
    hubs: pd.DataFrame
    trunk_options: pd.DataFrame
    substations: pd.DataFrame
    substation_years: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Solved:
    """What the solvers answered.

    Parameters
    ----------
    joint : JointSolution
        Builds, stations, circuits, bays, reinforcements and the bound.
    treatment : TreatmentSolution
        Treatment on the land that the drawing leaves.
    greedy_objective_cny : float, optional
        Objective of the greedy plan.

    """

    joint: JointSolution
    treatment: TreatmentSolution
    greedy_objective_cny: float | None = None
