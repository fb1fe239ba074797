"""Plans with one thing wrong, and the check that must say so."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from forging import ask, edit, refuse_at, refused_place, reshape, shape, sql
from shapely.affinity import translate

PROGRAMME = "programme."
Change = Callable[[Path], None]


@dataclass(frozen=True)
class Mutation:
    """One change of a plan folder.

    Parameters
    ----------
    name : str
        What is wrong.
    check : str
        The check that must fail.
    change : callable
        Makes the change.
    listed : bool
        Whether the manifest is brought in step.

    """

    name: str
    check: str
    change: Change
    listed: bool = True


def rows(text: str) -> Change:
    """Change rows of plan.gpkg."""
    return lambda folder: sql(folder, text)


def people(text: str) -> Change:
    """Change rows of people.gpkg."""
    return lambda folder: sql(folder, text, name="people.gpkg")


def both(*changes: Change) -> Change:
    """Make several changes that are one lie."""

    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def figure(**values: Any) -> Change:
    """Add to figures of plan.json."""

    def change(plan: dict[str, Any]) -> None:
        for key, value in values.items():
            plan[key] += value

    return lambda folder: edit(folder, "plan.json", change)


def goal(**values: Any) -> Change:
    """Add to numbers, or set texts, of the objective in plan.json."""

    def change(plan: dict[str, Any]) -> None:
        stated = plan["objective"]
        for key, value in values.items():
            stated[key] = value if isinstance(value, str) else stated[key] + value

    return lambda folder: edit(folder, "plan.json", change)


def parameter(key: str, value: Any) -> Change:
    """Set a parameter of scenario.json."""

    def change(question: dict[str, Any]) -> None:
        question["parameters"][key]["value"] = value

    return lambda folder: edit(folder, "scenario.json", change)


def status(word: str) -> Change:
    """Call the plan something else."""
    return lambda folder: edit(folder, "plan.json", lambda plan: plan.update(status=word))


def asked_gap(gap: float) -> Change:
    """Ask the solver for another gap."""
    return question(lambda asked: asked["solver"].update(gap=gap))


def timed(asked: dict[str, Any]) -> None:
    """Give the solver a time limit."""
    asked["solver"]["time_limit_s"] = 60.0


def question(change: Callable[[dict[str, Any]], None]) -> Change:
    """Change scenario.json."""
    return lambda folder: edit(folder, "scenario.json", change)


def target(kind: str, changes: Mapping[str, float]) -> Change:
    """Add to the last target of a kind."""

    def change(asked: dict[str, Any]) -> None:
        last = asked["targets"][kind][-1]
        for key, value in changes.items():
            last[key] += value

    return question(change)


def moved(table: str, x: float, y: float, where: str = "1") -> Change:
    """Move a feature."""

    def change(folder: Path) -> None:
        fid, old = shape(folder, table, where)
        reshape(folder, table, fid, translate(old, x, y))

    return change


def buffered(table: str, by: float) -> Change:
    """Grow or shrink a feature."""

    def change(folder: Path) -> None:
        fid, old = shape(folder, table)
        reshape(folder, table, fid, shapely.multipolygons([old.buffer(by)]))

    return change


def onto(table: str, where: str, other: str) -> Change:
    """Give a feature the shape of one of another table."""

    def change(folder: Path) -> None:
        fid, _ = shape(folder, table, where)
        reshape(folder, table, fid, shape(folder, other)[1])

    return change


def refused(table: str, use: str, where: str = "1") -> Change:
    """Exclude the land on which a feature lies."""

    def change(folder: Path) -> None:
        place = shape(folder, table, where)[1].representative_point()
        refuse_at(folder, use, place.x, place.y)

    return change


def treated_twice(folder: Path) -> None:
    """Draw one treatment where another lies."""
    places = ask(folder, "SELECT fid FROM treatments WHERE place = 'off_site' ORDER BY fid")
    other = shape(folder, "treatments", f"fid = {places[1][0]}")[1]
    reshape(folder, "treatments", places[0][0], other)


def turbine_at(find: Callable[[Path], tuple[float, float]]) -> Change:
    """Put the first turbine somewhere else."""

    def change(folder: Path) -> None:
        fid, _ = shape(folder, "turbines")
        reshape(folder, "turbines", fid, shapely.Point(*find(folder)))

    return change


def beside_next(folder: Path) -> tuple[float, float]:
    """Return a place 300 m from the second turbine."""
    fids = ask(folder, "SELECT fid FROM turbines ORDER BY fid")
    point = shape(folder, "turbines", f"fid = {fids[1][0]}")[1]
    return point.x + 300.0, point.y


def in_block(folder: Path) -> tuple[float, float]:
    """Return a place inside a PV block."""
    point = shape(folder, "pv_blocks")[1].representative_point()
    return point.x, point.y


def not_for_wind(folder: Path) -> tuple[float, float]:
    """Return a place where no turbine may stand."""
    return refused_place(folder, "wind")


def bow_tie(folder: Path) -> None:
    """Let the border of a treatment cross itself."""
    fid, old = shape(folder, "treatments")
    west, south, east, north = old.bounds
    ring = [(west, south), (east, north), (east, south), (west, north)]
    reshape(folder, "treatments", fid, shapely.multipolygons([shapely.Polygon(ring)]))


def second_hub(folder: Path) -> None:
    """Let one build of a site with several feed another hub."""
    names = [row[1] for row in ask(folder, "PRAGMA table_info(hubs)")]
    kept = ", ".join(name for name in names if name not in ("fid", "hub_id"))
    sql(folder, f"INSERT INTO hubs (hub_id, {kept}) SELECT 'H999', {kept} FROM hubs LIMIT 1")  # noqa: S608
    site = ask(folder, "SELECT site_id FROM builds GROUP BY site_id HAVING count(*) > 1")[0][0]
    sql(folder, f"UPDATE builds SET hub_id = 'H999' WHERE fid = {_last_build(folder, site)}")  # noqa: S608


def _last_build(folder: Path, site: str) -> int:
    return int(ask(folder, f"SELECT max(fid) FROM builds WHERE site_id = '{site}'")[0][0])  # noqa: S608


def no_manifest(folder: Path) -> None:
    """Take the manifest away."""
    (folder / "manifest.json").unlink()


def changed_after(folder: Path) -> None:
    """Change a file that is listed."""
    with (folder / "eligibility.csv").open("ab") as stream:
        stream.write(b"\n")


def foreign_file(folder: Path) -> None:
    """Add a file that is not listed."""
    (folder / "note.txt").write_text("?", encoding="utf-8")


def renamed(folder: Path) -> None:
    """Change the question without its hash."""
    path = folder / "scenario.json"
    path.write_text(path.read_text(encoding="utf-8").replace("audit-world", "audit-word"))


def first(table: str, change: str, where: str = "1") -> Change:
    """Change the first row of a table that fits."""
    chosen = f"(SELECT min(fid) FROM {table} WHERE {where})"  # noqa: S608
    return rows(f"UPDATE {table} SET {change} WHERE fid = {chosen}")  # noqa: S608


def largest(table: str, change: str, by: str) -> Change:
    """Change the row of a table in which a column is largest."""
    chosen = f"(SELECT fid FROM {table} ORDER BY {by} DESC, fid LIMIT 1)"  # noqa: S608
    return rows(f"UPDATE {table} SET {change} WHERE fid = {chosen}")  # noqa: S608


def _drop(folder: Path) -> None:
    sql_all(folder, "ALTER TABLE flows DROP COLUMN flow_kw")


def sql_all(folder: Path, text: str) -> None:
    """Change the layout of plan.gpkg."""
    connection = sqlite3.connect(folder / "plan.gpkg")
    connection.execute(text)
    connection.commit()
    connection.close()


def _lock_out(folder: Path) -> None:
    site = ask(folder, "SELECT site_id FROM builds")[0][0]
    edit(folder, "scenario.json", lambda q: q["locks"].update(sites_out=[site]))


def _other_sequence(folder: Path) -> None:
    fixed = "dune_class <> 'mobile' AND place = 'off_site'"
    first("treatments", "sequence_id = 'straw_shrub'", fixed)(folder)


USED = "connected_kw > 0"
ON_SITE = "place = 'on_site'"
OFF_SITE = "place = 'off_site'"
MUTATIONS = (
    Mutation("a file changed after it was listed", "manifest", changed_after, listed=False),
    Mutation("a file that is not listed", "manifest", foreign_file, listed=False),
    Mutation("no manifest", "manifest", no_manifest, listed=False),
    Mutation("another question", "question", renamed),
    Mutation(
        "an id twice",
        "tables",
        rows(
            "UPDATE builds SET year = 2026, technology = 'pv',"
            " site_id = (SELECT site_id FROM builds LIMIT 1)"
        ),
    ),
    Mutation(
        "a column missing",
        "tables",
        both(rows("UPDATE flows SET flow_kw = flow_kw"), _drop),
    ),
    Mutation("an unknown parcel", "references", first("treatments", "parcel_id = 'P999999'")),
    Mutation("another district", "references", first("treatments", "district_id = '150502'")),
    Mutation("a border that crosses itself", "shapes", bow_tie),
    Mutation("coordinates of another place", "places", first("hubs", "lon_deg = lon_deg + 0.01")),
    Mutation("a parcel moved", "parcels", moved("parcels", 400.0, 0.0)),
    Mutation("an area of a parcel too large", "parcels", first("parcels", "area_ha = area_ha + 1")),
    Mutation("a site that reaches over others", "sites", buffered("sites", 3000.0)),
    Mutation("a capacity target missed", "capacity", target("capacity", {"target_mw": 30.0})),
    Mutation("more capacity than the band", "capacity", target("capacity", {"target_mw": -30.0})),
    Mutation("a treatment target missed", "treated", target("treated", {"target_mu": 9000.0})),
    Mutation(
        "an obligation missed", "obligation", parameter(f"{PROGRAMME}obligation_pv_mu_per_mw", 900)
    ),
    Mutation(
        "a milestone off by one",
        "milestones",
        first("milestones", "treated_centimu = treated_centimu + 1"),
    ),
    Mutation("a milestone said to be missed", "milestones", first("milestones", "met = 0")),
    Mutation("a work of later date", "works", first("works", "date = '2024-07-01'")),
    Mutation("a work in another year", "works", first("works", "count_year = count_year - 1")),
    Mutation(
        "works counted too large", "milestones", first("works", "area_centimu = area_centimu + 1")
    ),
    Mutation(
        "too much enclosure", "enclosure_share", parameter(f"{PROGRAMME}max_share_enclosure", 0.0)
    ),
    Mutation(
        "too little mobile sand",
        "core_share",
        parameter(f"{PROGRAMME}min_share_mobile_semi_fixed", 1.01),
    ),
    Mutation("a quota missed", "quotas", question(lambda q: q["quotas"][0].update(minimum=290.0))),
    Mutation(
        "a quota exceeded", "quotas", question(lambda q: q["quotas"][0].update(maximum=100.0))
    ),
    Mutation(
        "too little for industries",
        "industry_share",
        parameter(f"{PROGRAMME}min_share_industry", 1.01),
    ),
    Mutation("treated far away", "reach", parameter(f"{PROGRAMME}treatment_reach_km", 0.001)),
    Mutation("wages short", "quotas", question(lambda q: q["quotas"][2].update(minimum=1e9))),
    Mutation("soil short", "quotas", question(lambda q: q["quotas"][3].update(minimum=1e9))),
    Mutation(
        "a share missed", "quotas", question(lambda q: q["quotas"][3].update(minimum_share=1.1))
    ),
    Mutation("energy short", "quotas", question(lambda q: q["quotas"][4].update(minimum=1e9))),
    Mutation(
        "too much money not repaid",
        "limits",
        question(
            lambda q: [row.update(limit=1.0) for row in q["limits"] if "working" in row["resource"]]
        ),
    ),
    Mutation(
        "too much work in a season",
        "limits",
        question(lambda q: [row.update(limit=0.01) for row in q["limits"] if row["season"]]),
    ),
    Mutation("a site locked out", "locks", _lock_out),
    Mutation("mu counted twice", "treated_once", treated_twice),
    Mutation(
        "more mu than drawn",
        "treatment_area",
        first("treatments", "area_centimu = area_centimu + 10"),
    ),
    Mutation("a treatment moved", "treatment_parcel", moved("treatments", 5000.0, 0.0)),
    Mutation("treatment in an exclusion", "treatment_eligible", refused("treatments", "treatment")),
    Mutation(
        "a fence where fences are kept off",
        "measure_eligible",
        refused("treatments", "treatment:enclosure", "sequence_id = 'enclosure'"),
    ),
    Mutation(
        "a measure that the rules do not name",
        "measure_eligible",
        figure(rules=[{"id": "more", "uses": ["treatment:grass_seed"]}]),
    ),
    Mutation(
        "off-site treatment in a block",
        "generation_land",
        onto("treatments", OFF_SITE, "pv_blocks"),
    ),
    Mutation("on-site treatment moved", "on_site_land", moved("treatments", 3000.0, 0.0, ON_SITE)),
    Mutation("too much on-site", "on_site_share", parameter(f"{PROGRAMME}underpanel_share", 0.001)),
    Mutation(
        "another deadline",
        "deadlines",
        first("treatments", "deadline_year = deadline_year + 7", ON_SITE),
    ),
    Mutation(
        "counted after acceptance",
        "deadlines",
        first("treatments", "count_year = deadline_year + 1", ON_SITE),
    ),
    Mutation(
        "a deadline off site", "deadlines", first("treatments", "deadline_year = 2026", OFF_SITE)
    ),
    Mutation(
        "wrong year of counting", "count_years", first("treatments", "count_year = count_year - 1")
    ),
    Mutation(
        "a start before the plan",
        "count_years",
        first("treatments", "year = 2023, count_year = 2023"),
    ),
    Mutation("a sequence for other sand", "sequences", _other_sequence),
    Mutation("a slope too steep", "sequences", rows("UPDATE parcels SET slope_deg = 60")),
    Mutation(
        "treatment too cheap", "treatment_cost", first("treatments", "cost_cny = cost_cny - 100")
    ),
    Mutation(
        "too few person-days",
        "treatment_cost",
        first("treatments", "person_days = person_days - 1"),
    ),
    Mutation(
        "more soil than is kept",
        "soil",
        first("treatments", "soil_t_per_year = soil_t_per_year + 1"),
    ),
    Mutation("too little soil", "soil", parameter(f"{PROGRAMME}min_new_soil_t_per_year", 1e9)),
    Mutation(
        "a yearly limit exceeded", "limits", question(lambda q: q["limits"][0].update(limit=1.0))
    ),
    Mutation("a unit too many", "units", first("builds", "units = units + 1")),
    Mutation("accepted too early", "units", first("builds", "acceptance_year = year")),
    Mutation("a site too small", "least_site", parameter(f"{PROGRAMME}min_site_mw", 5000)),
    Mutation("a block too small", "pv_blocks", buffered("pv_blocks", -5.0)),
    Mutation("a block of another year", "pv_blocks", first("pv_blocks", "year = year - 1")),
    Mutation("a block in an exclusion", "pv_eligible", refused("pv_blocks", "pv")),
    Mutation("a turbine lost", "turbines", rows("DELETE FROM turbines WHERE fid = 1")),
    Mutation("a turbine in an exclusion", "wind_eligible", turbine_at(not_for_wind)),
    Mutation("an exclusion under a turbine", "wind_eligible", refused("turbines", "wind")),
    Mutation("turbines too close", "spacing", turbine_at(beside_next)),
    Mutation("a turbine in a PV block", "pads", turbine_at(in_block)),
    Mutation("a block too near to a turbine", "pads", parameter("hybrid.clear_rotors", 50.0)),
    Mutation(
        "a block in the shade of a turbine",
        "pads",
        both(
            parameter("hybrid.shade_length_m", 5_000.0),
            parameter("hybrid.shade_width_m", 5_000.0),
        ),
    ),
    Mutation("a block outside its site", "site_land", moved("pv_blocks", 20_000.0, 0.0)),
    Mutation(
        "land charged twice", "site_use", first("site_use", "gross_centimu = gross_centimu + 1")
    ),
    Mutation("a site on two hubs", "hub_of_site", second_hub),
    Mutation("a hub too small", "hubs", parameter(f"{PROGRAMME}min_hub_mw", 5000)),
    Mutation(
        "energy cut off where all fits", "stations", first("stations", "curtailed_share = 0.02")
    ),
    Mutation("a station too late", "stations", first("stations", "year = 2027")),
    Mutation("power lost", "flows", first("flows", "flow_kw = flow_kw - 1")),
    Mutation("a circuit too late", "circuits", first("trunks", "year = 2027")),
    Mutation(
        "power that enters elsewhere",
        "trunks",
        first("trunks", "entry_lon_deg = entry_lon_deg + 0.1"),
    ),
    Mutation("a line too short", "trunks", first("trunks", "length_km = length_km / 2")),
    Mutation(
        "a bay overfilled",
        "bays",
        both(
            rows("UPDATE substation_use SET free_bays = 0"),
            rows("UPDATE substation_years SET free_bays = 0"),
        ),
    ),
    Mutation("bays bought beyond the most", "bays", first("substation_use", "bays_bought = 99")),
    Mutation(
        "headroom exceeded",
        "headroom",
        both(
            rows("UPDATE substation_use SET headroom_kw = 1000"),
            rows("UPDATE substation_years SET headroom_mw = 1"),
        ),
    ),
    Mutation(
        "a reinforcement that is not offered",
        "headroom",
        largest("substation_use", "reinforcement_kw = 7", "year"),
    ),
    Mutation(
        "headroom made up",
        "substation_use",
        first("substation_use", "headroom_kw = headroom_kw + 1000"),
    ),
    Mutation(
        "a connection forgotten",
        "substation_use",
        first("substation_use", "connected_kw = connected_kw - 1", USED),
    ),
    Mutation("discounted wrongly", "discount", first("costs", "present_cny = present_cny + 2")),
    Mutation("a build's cost off by one", "cost_rows", first("builds", "cost_cny = cost_cny - 1")),
    Mutation(
        "a treatment's cost off by one", "cost_rows", first("treatments", "cost_cny = cost_cny + 1")
    ),
    Mutation(
        "another unit price",
        "build_prices",
        first("build_options", "generation_cny_per_unit = generation_cny_per_unit - 1000"),
    ),
    Mutation(
        "energy cheaper than it is",
        "build_prices",
        first("builds", "levelised_cny_per_mwh = levelised_cny_per_mwh - 10"),
    ),
    Mutation(
        "an option cheaper than it is",
        "build_prices",
        first("build_options", "levelised_cny_per_mwh = levelised_cny_per_mwh - 10"),
    ),
    Mutation(
        "a unit that costs less on balance",
        "build_prices",
        first(
            "build_options", "net_present_cost_cny_per_unit = net_present_cost_cny_per_unit - 1000"
        ),
    ),
    Mutation(
        "a plant that costs less on balance",
        "build_prices",
        first("builds", "net_present_cost_cny = net_present_cost_cny - 1"),
    ),
    Mutation(
        "energy made up",
        "build_prices",
        first("builds", "energy_mwh_per_year = energy_mwh_per_year + 1"),
    ),
    Mutation(
        "another station price",
        "connection_prices",
        first("hubs", "station_cny = station_cny - 1000"),
    ),
    Mutation(
        "a trunk too cheap", "connection_prices", first("trunks", "cost_cny = cost_cny - 100")
    ),
    Mutation(
        "an item off by one",
        "cost_totals",
        lambda folder: edit(
            folder, "plan.json", lambda p: p["cost_cny"].update(lease=p["cost_cny"]["lease"] + 1)
        ),
    ),
    Mutation(
        "a border off by two yuan",
        "perimeter",
        rows("UPDATE costs SET amount_cny = amount_cny + 2 WHERE item = 'perimeter'"),
    ),
    Mutation(
        "a border that costs nothing",
        "perimeter",
        rows("UPDATE costs SET item = 'treatment' WHERE item = 'perimeter'"),
    ),
    Mutation(
        "borders that nobody priced",
        "perimeter",
        parameter(f"{PROGRAMME}perimeter_price_cny_per_m", 0),
    ),
    Mutation("an outlay off by one", "cost_totals", figure(outlay_cny=1)),
    Mutation("an objective off by one", "objective", figure(objective_cny=-1)),
    Mutation("a better bound", "gap", figure(bound_cny=1000)),
    Mutation("a gap above the one that was asked for", "status", goal(gap=0.02)),
    Mutation("a nearer proof asked for", "status", asked_gap(1e-9)),
    Mutation("a status that nobody knows", "status", status("proven")),
    Mutation("a clock that stops nothing", "status", question(timed)),
    Mutation("a better amount of the goal", "goal", goal(amount=-1_000)),
    Mutation("another goal than was asked", "goal", goal(quantity="soil_t")),
    Mutation("a gap of the goal that does not follow", "goal", goal(gap=0.5)),
    Mutation("a smaller gap", "gap", figure(gap=-0.001)),
    Mutation("a gap of treatment that does not follow", "gap", figure(treatment_gap=0.01)),
    Mutation(
        "a district off by one", "districts", first("districts", "capacity_kw = capacity_kw + 1")
    ),
    Mutation(
        "a parcel off by one",
        "parcel_use",
        first("parcel_use", "treated_centimu = treated_centimu + 1"),
    ),
    Mutation("a total off by 0.01 mu", "totals", figure(treated_mu=0.01)),
    Mutation("energy of another plan", "totals", figure(energy_gwh_per_year=0.1)),
    Mutation(
        "a milestone of another plan",
        "totals",
        lambda folder: edit(
            folder, "plan.json", lambda p: p["milestones"][0].update(capacity_mw=1.0)
        ),
    ),
    Mutation(
        "a wage off by one",
        "payments",
        people(
            "UPDATE transfers SET amount_cny = amount_cny + 1 WHERE fid = "
            "(SELECT min(fid) FROM transfers WHERE item = 'wages')"
        ),
    ),
    Mutation(
        "a lease of other years",
        "payments",
        people("UPDATE transfers SET year = year + 1 WHERE item = 'lease'"),
    ),
    Mutation(
        "a step in no package",
        "packages",
        people(
            "DELETE FROM package_parts WHERE fid = "
            "(SELECT min(fid) FROM package_parts WHERE counts)"
        ),
    ),
    Mutation(
        "a package off by 0.01 mu",
        "packages",
        people("UPDATE packages SET counted_centimu = counted_centimu + 1 WHERE fid = 1"),
    ),
    Mutation(
        "a village that got more",
        "statements",
        people("UPDATE statements SET wages_cny = wages_cny + 1 WHERE fid = 1"),
    ),
    Mutation(
        "wages of another plan",
        "statements",
        lambda folder: edit(
            folder,
            "plan.json",
            lambda p: p["people"].update(wages_cny=p["people"]["wages_cny"] + 1),
        ),
    ),
)
