"""Two plans side by side."""

from dataclasses import dataclass

import pandas as pd

from sandgrid.messages import Language, tell
from sandgrid.plan.record import Plan, shown_html

FIGURES = ("treated_mu", "on_site_mu", "energy_gwh_per_year", "outlay_cny", "objective_cny")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What changes from one plan to another.

    Parameters
    ----------
    names : tuple of two str
        Names of the scenarios.
    table : DataFrame
        key, first, second, difference; keys name figures of ``plan.json``.
    sites_added, sites_dropped, parcels_added, parcels_dropped : tuple of str
        Built sites and treated parcels of one plan only.

    """

    names: tuple[str, str]
    table: pd.DataFrame
    sites_added: tuple[str, ...]
    sites_dropped: tuple[str, ...]
    parcels_added: tuple[str, ...]
    parcels_dropped: tuple[str, ...]

    def summary(self, lang: Language = "en") -> pd.DataFrame:
        """Return the table with headings and numbers as text."""
        quantity = [_label(key, lang) for key in self.table["key"]]
        numbers = self.table[["first", "second", "difference"]].map(lambda v: f"{v:,.10g}")
        first, second = self.names
        second = second if second != first else f"{second} (2)"
        numbers.columns = [first, second, tell("compare-head-difference", lang=lang)]
        numbers.insert(0, tell("compare-head-quantity", lang=lang), quantity)
        return numbers

    def headline(self, lang: Language = "en") -> str:
        """Return the comparison in one line."""
        values = {
            "a": self.names[0],
            "b": self.names[1],
            "more_sites": len(self.sites_added),
            "fewer_sites": len(self.sites_dropped),
            "more_parcels": len(self.parcels_added),
            "fewer_parcels": len(self.parcels_dropped),
        }
        return tell("compare-headline", values, lang=lang)

    def __repr__(self) -> str:
        """Return the headline and the table."""
        return f"{self.headline()}\n{self.summary().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return shown_html(self.headline(), self.summary())


def compare_plans(a: Plan, b: Plan) -> Comparison:
    """Compare two plans.

    Parameters
    ----------
    a, b : Plan
        Differences are those of ``b`` less those of ``a``.

    """
    first, second = _figures(a), _figures(b)
    table = pd.DataFrame({"key": list(first), "first": first.values(), "second": second.values()})
    table["difference"] = table["second"] - table["first"]
    sites = [set(plan.builds["site_id"]) for plan in (a, b)]
    parcels = [set(plan.treatments["parcel_id"]) for plan in (a, b)]
    return Comparison(
        names=(str(a.scenario.get("name", "a")), str(b.scenario.get("name", "b"))),
        table=table,
        sites_added=tuple(sorted(sites[1] - sites[0])),
        sites_dropped=tuple(sorted(sites[0] - sites[1])),
        parcels_added=tuple(sorted(parcels[1] - parcels[0])),
        parcels_dropped=tuple(sorted(parcels[0] - parcels[1])),
    )


def _figures(plan: Plan) -> dict[str, float]:
    totals = plan.totals
    capacity = totals.capacity_mw
    return {
        "capacity_mw": capacity["total"],
        "pv_mw": capacity["pv"],
        "wind_mw": capacity["wind"],
        **{name: getattr(totals, name) for name in FIGURES},
        **{f"cost.{item}": value for item, value in totals.cost_cny.items()},
        "sites": plan.builds["site_id"].nunique(),
        "parcels": plan.treatments["parcel_id"].nunique(),
    }


def _label(key: str, lang: Language) -> str:
    if key.startswith("cost."):
        item = tell(f"cost-item-{key.removeprefix('cost.')}", lang=lang)
        return tell("compare-cost", {"item": item}, lang=lang)
    return tell(f"compare-{key}", lang=lang)
