"""What may be built on each site and treated on each parcel: the rows the plan chooses from."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.energy.cost import UnitEconomics, annuity, collector_cny_per_mw, unit_economics
from sandgrid.energy.solar import PvSites, pv_full_load_hours
from sandgrid.energy.wind import WindSites, wind_full_load_hours
from sandgrid.params import Parameters
from sandgrid.tables import conform_table
from sandgrid.treatment import list_treatments
from sandgrid.treatment.catalogue import read_sequences
from sandgrid.units import MU_PER_HA

Floats = npt.NDArray[np.float64]
OFFSETS = (0, 1, 2)
COST_COLUMNS = tuple(f"cost_cny_per_ha_{offset}" for offset in OFFSETS)
BURDENS = tuple(
    f"{stem}_per_ha_{offset}"
    for stem in ("cost_cny", "person_days", "straw_t", "water_m3")
    for offset in OFFSETS
)
GAINS = ("soil_t_per_ha", "protection_per_ha")
SPENT = tuple(f"{item}_cny_per_unit" for item in ("generation", "operation", "lease", "collector"))
SEASONS = tuple(f"seasons_{offset}" for offset in OFFSETS)


@dataclass(frozen=True)
class Options:
    """The rows the plan chooses from.

    Parameters
    ----------
    build_options, treat_options : DataFrame
        Contracts of the same names.
    dominated : int
        Treatment options that were left out because another is no worse in anything.
    unlinked_sites : tuple of str
        Sites that no hub is near enough to serve.

    """

    build_options: pd.DataFrame
    treat_options: pd.DataFrame
    dominated: int
    unlinked_sites: tuple[str, ...]


@dataclass(frozen=True)
class Screening:
    """Which treatments are left out.

    Parameters
    ----------
    refused : collection of pairs
        Parcel and measure that a rule about land keeps apart.
    prune : bool
        Whether dominated treatments are left out; not where work itself is wanted.

    """

    refused: Collection[tuple[str, str]] = ()
    prune: bool = True


def list_options(
    parcels: pd.DataFrame,
    sites: pd.DataFrame,
    links: pd.DataFrame,
    parameters: Parameters,
    *,
    as_of: date,
    screening: Screening | None = None,
) -> Options:
    """List what may be built and treated.

    Parameters
    ----------
    parcels, sites : DataFrame
        Contracts of the same names.
    links : DataFrame
        site_id, hub_id, distance_km: hubs that each site may feed.
    parameters : Parameters
        ``pv.*``, ``wind.*``, ``energy.*``, ``collector.*``, ``power.hub_max_mw``, and those of
        treatment.
    as_of : date
        Works start after this day.
    screening : Screening, optional
        What is left out; dominated treatments by default.

    """
    screen = screening or Screening()
    treatments = list_treatments(parcels, parameters, as_of=as_of)
    if screen.refused:
        treatments = _without_refused(treatments, screen.refused, parameters)
    kept = drop_dominated(treatments) if screen.prune else treatments
    return Options(
        build_options=list_builds(sites, links, parameters),
        treat_options=kept,
        dominated=len(treatments) - len(kept),
        unlinked_sites=tuple(sorted(set(sites["site_id"]) - set(links["site_id"]))),
    )


def _without_refused(
    treatments: pd.DataFrame, refused: Collection[tuple[str, str]], parameters: Parameters
) -> pd.DataFrame:
    """Return the options of which no measure is refused on its parcel."""
    measures = {
        sequence.sequence_id: [step.measure for step in sequence.steps]
        for sequence in read_sequences(parameters)
    }
    pairs = zip(treatments["parcel_id"], treatments["sequence_id"], strict=True)
    kept = [
        all((parcel, measure) not in refused for measure in measures[sequence])
        for parcel, sequence in pairs
    ]
    return treatments[kept].reset_index(drop=True)


def list_builds(sites: pd.DataFrame, links: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """List the builds that each site may carry, one row per technology and hub.

    Parameters
    ----------
    sites : DataFrame
        site_id, pv_net_ha, turbine_positions, ghi_kwh_m2, wind_ms, lon_deg, lat_deg; elevation_m,
        soiling_share, abrasion_share, upkeep_factor and wake_share where they are known.
    links : DataFrame
        site_id, hub_id, distance_km.
    parameters : Parameters
        Energy and cost parameters.

    Returns
    -------
    DataFrame
        Contract ``build_options``.

    """
    rows = links.merge(sites, on="site_id", validate="m:1")
    parts = list(_by_technology(rows, parameters))
    builds = pd.concat(parts, ignore_index=True)
    ordered = judged(builds[builds["units_max"] > 0], parameters).sort_values(
        ["site_id", "technology", "hub_id"], kind="stable"
    )
    return conform_table(ordered.reset_index(drop=True), "build_options")


def judged(builds: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Return builds with what their energy costs, feeders included, and what they cost on balance.

    Parameters
    ----------
    builds : DataFrame
        Money and energy of a unit, as in ``build_options``.
    parameters : Parameters
        ``finance.discount_rate``, ``energy.curtailment``.

    Notes
    -----
    As :func:`sandgrid.energy.cost.levelised_cost_cny_per_mwh`; unknown where nothing is yielded.

    """
    spent = builds[list(SPENT)].sum(axis=1, skipna=False)
    rate = parameters.number("finance.discount_rate")
    factors = builds["life_years"].map(lambda years: annuity(rate, int(years)))
    energy_mwh = builds["energy_mwh_per_unit_year"] * (1 - parameters.number("energy.curtailment"))
    return builds.assign(
        levelised_cny_per_mwh=spent / (energy_mwh * factors).where(energy_mwh > 0),
        net_present_cost_cny_per_unit=spent - builds["energy_value_cny_per_unit"],
    )


def _by_technology(rows: pd.DataFrame, parameters: Parameters) -> Iterator[pd.DataFrame]:
    block = unit_economics(parameters, "pv")
    land_ha = _block_ha(rows, parameters)
    room = np.divide(rows["pv_net_ha"], land_ha, out=np.zeros(len(rows)), where=land_ha > 0)
    priced = _priced(rows, block, np.floor(room), _pv_hours(rows, parameters), parameters)
    yield priced.assign(
        technology="pv",
        gross_ha_per_unit=land_ha,
        lease_cny_per_unit=block.lease_cny * land_ha / block.gross_ha,
    )
    turbine = unit_economics(parameters, "wind")
    positions = rows["turbine_positions"].to_numpy(dtype=np.float64)
    hours = _wind_hours(rows, parameters)
    yield _priced(rows, turbine, positions, hours, parameters).assign(technology="wind")


def _block_ha(rows: pd.DataFrame, parameters: Parameters) -> Floats:
    """Return the land of a PV block at each site [ha]."""
    given = _given(rows, "pv_mu_per_mw", parameters.number("pv.gross_mu_per_mw"))
    return given * parameters.number("pv.block_mw") / MU_PER_HA


def _pv_hours(rows: pd.DataFrame, parameters: Parameters) -> Floats:
    sites = PvSites(
        ghi_kwh_m2=rows["ghi_kwh_m2"].to_numpy(dtype=np.float64),
        lat_deg=rows["lat_deg"].to_numpy(dtype=np.float64),
        elevation_m=_given(rows, "elevation_m", parameters.number("energy.elevation_m")),
        soiling=_given(rows, "soiling_share", parameters.number("hazard.soiling")),
    )
    return pv_full_load_hours(sites, parameters, lon_deg=float(rows["lon_deg"].mean()))


def _wind_hours(rows: pd.DataFrame, parameters: Parameters) -> Floats:
    sites = WindSites(
        mean_ms=rows["wind_ms"].to_numpy(dtype=np.float64),
        elevation_m=_given(rows, "elevation_m", parameters.number("energy.elevation_m")),
        abrasion=_given(rows, "abrasion_share", parameters.number("hazard.abrasion")),
    )
    flat = parameters.number("wind.wake_loss")
    kept = (1 - _given(rows, "wake_share", flat)) / (1 - flat)
    return np.asarray(wind_full_load_hours(sites, parameters) * kept, dtype=np.float64)


def _given(rows: pd.DataFrame, column: str, otherwise: float) -> Floats:
    """Return a column, and a parameter where it is not known."""
    if column not in rows:
        return np.full(len(rows), otherwise)
    return rows[column].fillna(otherwise).to_numpy(dtype=np.float64)


def _priced(
    rows: pd.DataFrame, unit: UnitEconomics, most: Floats, hours: Floats, parameters: Parameters
) -> pd.DataFrame:
    """Return the rows of one technology, priced per unit."""
    collector = [collector_cny_per_mw(km, parameters) for km in rows["distance_km"]]
    energy_mwh = hours * unit.unit_mw
    a_hub_takes = math.floor(parameters.number("power.hub_max_mw") / unit.unit_mw)
    return rows[["site_id", "hub_id"]].assign(
        unit_mw=unit.unit_mw,
        units_min=1,
        units_max=np.minimum(most, a_hub_takes).astype(np.int64),
        gross_ha_per_unit=unit.gross_ha,
        energy_mwh_per_unit_year=energy_mwh,
        generation_cny_per_unit=unit.generation_cny,
        operation_cny_per_unit=unit.operation_cny * _given(rows, "upkeep_factor", 1.0),
        lease_cny_per_unit=unit.lease_cny,
        collector_cny_per_unit=np.asarray(collector, dtype=np.float64) * unit.unit_mw,
        energy_value_cny_per_unit=energy_mwh * unit.value_cny_per_mwh_year,
        life_years=unit.life_years,
    )


def drop_dominated(options: pd.DataFrame) -> pd.DataFrame:
    """Leave out treatment options that another option of the parcel beats in everything.

    One option beats another of the same parcel, place and industry if it needs no more money,
    work, straw or water in any year, keeps at least as much soil and protects as much, may start
    as early, counts as early, may be done in every season in which the other may, and is not
    enclosure alone where the other is more. Of two that are equal the first by id stays.

    Parameters
    ----------
    options : DataFrame
        Contract ``treat_options``.

    """
    kinds = ["sequence_id", "place", "industry", *BURDENS, *GAINS, *SEASONS, "count_offset_years"]
    kinds += ["first_year", "reaches_cover", "enclosure_only"]
    kind = options.groupby(kinds, sort=True).ngroup()
    menus: pd.Series = kind.groupby(options["parcel_id"], sort=False).apply(_menu)
    first = options.assign(kind=kind).drop_duplicates("kind").sort_values("kind")
    kinds_told = _Kinds(first)
    beaten = {menu: kinds_told.beaten(menu) for menu in sorted(set(menus.tolist()))}
    lost = options["parcel_id"].map(menus.map(beaten))
    keep = [number not in gone for number, gone in zip(kind, lost, strict=True)]
    return options[keep].reset_index(drop=True)


def _menu(kinds: "pd.Series[int]") -> tuple[int, ...]:
    return tuple(sorted(int(kind) for kind in kinds))


class _Kinds:
    """Kinds of options in arrays, one row a kind, the number of the kind being that of its row."""

    def __init__(self, kinds: pd.DataFrame) -> None:
        burdens = kinds[[*BURDENS, "first_year", "count_offset_years", "enclosure_only"]]
        self.values = np.hstack([burdens.to_numpy(np.float64), -kinds[list(GAINS)].to_numpy()])
        self.markets = kinds.groupby(["place", "industry"], sort=False).ngroup().to_numpy()
        self.seasons = kinds.groupby(list(SEASONS), sort=False).ngroup().to_numpy()
        told = kinds[list(SEASONS)].drop_duplicates().to_numpy()
        rows = [[set(text.split()) for text in row] for row in told]
        self.covers = np.array([[_covers(one, other) for other in rows] for one in rows])

    def beaten(self, menu: tuple[int, ...]) -> frozenset[int]:
        """Return the kinds of a menu that another one of it beats."""
        numbers = np.array(menu)
        values, markets, seasons = (
            self.values[numbers],
            self.markets[numbers],
            self.seasons[numbers],
        )
        rival = markets[:, None] == markets[None, :]
        rival &= self.covers[seasons[:, None], seasons[None, :]]
        np.fill_diagonal(rival, val=False)
        rival &= (values[:, None] <= values[None, :]).all(axis=2)
        better = (values[:, None] < values[None, :]).any(axis=2)
        earlier = np.arange(len(menu))[:, None] < np.arange(len(menu))[None, :]
        gone = (rival & (better | earlier)).any(axis=0)
        return frozenset(numbers[gone].tolist())


def _covers(one: list[set[str]], other: list[set[str]]) -> bool:
    """Return whether one option may be done in every season in which another may."""
    return all(not mine or mine >= theirs for mine, theirs in zip(one, other, strict=True))
