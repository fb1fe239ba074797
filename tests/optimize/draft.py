"""A case that is still being bent: the tables of a case, not yet checked."""

from dataclasses import dataclass, fields

import pandas as pd

from sandgrid.optimize.case import Case, CaseSettings


@dataclass(frozen=True)
class Draft:
    """The fields of a case; bends replace them and only the end is checked."""

    years: tuple[int, ...]
    base_year: int
    discount_rate: float
    settings: CaseSettings
    sites: pd.DataFrame
    build_options: pd.DataFrame
    parcels: pd.DataFrame
    treat_options: pd.DataFrame
    hubs: pd.DataFrame
    trunk_options: pd.DataFrame
    substations: pd.DataFrame
    substation_years: pd.DataFrame
    works_ha: pd.DataFrame
    capacity_targets: pd.DataFrame
    treated_targets: pd.DataFrame
    limits: pd.DataFrame
    quotas: pd.DataFrame
    borders: pd.DataFrame
    reaches: pd.DataFrame

    def finished(self) -> Case:
        """Return the case, checked and sorted."""
        return Case(**{item.name: getattr(self, item.name) for item in fields(self)})
