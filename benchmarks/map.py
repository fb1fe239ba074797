"""The parcel layer of the field map beside plain Folium GeoJson, in Chromium, in one run.

2,000 and 20,000 parcels of 31 vertices and 11 attributes are drawn once by SandGrid and once as a
plain ``folium.GeoJson`` with tooltip (its assets put into the page, so that neither asks the
network).  Each page is opened from storage, on a desktop and on a phone-sized page whose processor
is slowed four times.  The page itself measures: milliseconds from the start of the navigation to
the first parcel drawn (SandGrid: the first tile that holds one; Folium: the first frame after its
layer was added), the time of a frame while panning, and the time of a zoom until all is drawn.
The processor time of the page's main thread stands beside them; on a busy machine it counts more.

    python benchmarks/map.py [--quick]
"""

import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import sync_playwright

from sandgrid.export.maps import MapContent, MapTables, MapTexts, Words, map_html
from sandgrid.export.maps.offline import packaged_asset
from sandgrid.tables import column_names, conform_table, table_columns

CRS = "+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m"
SIDE_M = 300_000.0
VERTICES = 31
ATTRIBUTES = (
    "parcel_id", "kind", "sequences", "first_year", "count_year", "treated_centimu",
    "treatment_cny", "person_days", "straw_t", "village", "holder",
)  # fmt: skip
DESKTOP = {"viewport": {"width": 1360, "height": 850}}
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
VIEWS = {"desktop": (DESKTOP, 1), "phone": (PHONE, 4)}
BARS = {
    "mb": {2_000: 1.0, 20_000: 6.0},
    "first_ms": {
        ("desktop", 2_000): 800.0, ("desktop", 20_000): 2_500.0,
        ("phone", 2_000): 2_000.0, ("phone", 20_000): 7_000.0,
    },
    "frame_ms": 33.0,
    "zoom_ms": 300.0,
}  # fmt: skip
FRAMES = 40
BLANKS = {"str": "", "int": 0, "float": 0.0, "bool": False}
SEQUENCES = ("straw_shrub", "shrub", "enclosure", "grass")

# When the first parcel is drawn; counted from the start of the navigation.
WATCH = """
window.firstDrawn = null;
const fill = CanvasRenderingContext2D.prototype.fill;
CanvasRenderingContext2D.prototype.fill = function (...more) {
  fill.apply(this, more);
  if (window.firstDrawn === null && this.canvas.closest && this.canvas.width >= 512) {
    window.firstDrawn = performance.now();
  }
};
"""
FIRST_FOLIUM = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  done(document.querySelectorAll('path.leaflet-interactive').length ? performance.now() : null);
})))"""
MAP_OF = "Object.values(window).find(v => v && v instanceof L.Map)"
FRAME = """async ([frames, step]) => {
  const map = MAP; const times = []; let last = performance.now();
  for (let k = 0; k < frames; k += 1) {
    map.panBy([k < frames / 2 ? step : -step, 0], { animate: false });
    await new Promise(requestAnimationFrame);
    const now = performance.now(); times.push(now - last); last = now;
  }
  return times;
}""".replace("MAP", MAP_OF)
ZOOM = """async ([level]) => {
  const map = MAP; const start = performance.now();
  map.setZoom(level, { animate: false });
  if (window.sandgrid) await sandgrid.painted();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}""".replace("MAP", MAP_OF)


@dataclass(frozen=True)
class Seen:
    """What one page took."""

    first_ms: float
    frame_ms: float
    zoom_ms: float
    load_cpu_ms: float
    zoom_cpu_ms: float


def make_parcels(count: int) -> gpd.GeoDataFrame:
    """Stars of 31 vertices on a lattice, every second place taken."""
    rng = np.random.default_rng(7)
    side = int(np.ceil(np.sqrt(count)))
    step = SIDE_M / side
    places = np.arange(count)
    x = (places % side + 0.5) * step - SIDE_M / 2
    y = (places // side + 0.5) * step - SIDE_M / 2
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    radius = step * rng.uniform(0.25, 0.48, (count, VERTICES))
    corners = np.stack(
        [x[:, None] + radius * np.cos(turn), y[:, None] + radius * np.sin(turn)], axis=2
    )
    return gpd.GeoDataFrame(geometry=shapely.polygons(corners), crs=CRS)


def contract(table: str, rows: dict[str, Any], geometry: Any = None) -> pd.DataFrame:
    """Fill a table of the contract."""
    count = len(next(iter(rows.values())))
    blank = {c.name: [BLANKS[c.kind]] * count for c in table_columns(table)}
    frame = pd.DataFrame({**blank, **rows})[column_names(table)]
    if geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS)
    return conform_table(frame, table)


def attributes(count: int) -> pd.DataFrame:
    """Make the eleven attributes."""
    rng = np.random.default_rng(11)
    area = rng.integers(5_000, 90_000, count)
    year = rng.integers(2024, 2031, count)
    village = [f"哈图嘎查{k // 40}" for k in range(count)]
    return pd.DataFrame(
        {
            "parcel_id": [f"P{k:06d}" for k in range(1, count + 1)],
            "kind": "treatment",
            "sequences": [SEQUENCES[k] for k in rng.integers(0, len(SEQUENCES), count)],
            "first_year": year,
            "count_year": year + 1,
            "treated_centimu": area,
            "treatment_cny": area * 9,
            "person_days": (area / 50).round(1),
            "straw_t": (area / 400).round(1),
            "village": village,
            "holder": [f"{name}经济合作社" for name in village],
        }
    )


def sandgrid_page(parcels: gpd.GeoDataFrame, table: pd.DataFrame) -> bytes:
    """Draw the parcel layer alone as SandGrid's page."""
    place = {name: table[name].tolist() for name in ("parcel_id", "village", "holder")}
    dune = ["mobile"] * len(table)
    whole = contract("parcels", {**place, "dune_class": dune}, parcels.geometry.to_numpy())
    use = [name for name in ATTRIBUTES if name not in {"village", "holder"}]
    tables = MapTables.without_plan(whole, contract("districts", {"district_id": []}, []))
    used = contract("parcel_use", {name: table[name].tolist() for name in use})
    milestones = contract("milestones", {"year": list(range(2024, 2031))})
    texts = MapTexts(Words.same("A"), Words.same("B"), "2024-06-30")
    shown = MapTables(**{**vars(tables), "parcel_use": used, "milestones": milestones})
    return map_html(MapContent(texts, tuple(range(2024, 2031)), shown))


def folium_page(parcels: gpd.GeoDataFrame, table: pd.DataFrame) -> bytes:
    """Draw the same parcels by folium.GeoJson, its assets put into the page."""
    frame = parcels.to_crs("EPSG:4326").join(table)
    west, south, east, north = frame.total_bounds
    page = folium.Map(tiles=None)
    folium.GeoJson(
        json.loads(frame.to_json()),
        style_function=lambda _: {"weight": 1, "fillOpacity": 0.6},
        tooltip=folium.GeoJsonTooltip(list(ATTRIBUTES)),
    ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    figure = page.get_root()
    page.default_js = [pair for pair in page.default_js if pair[0] == "leaflet"]
    page.default_css = [pair for pair in page.default_css if pair[0] == "leaflet_css"]
    text: str = figure.render()
    for address in [pair[1] for pair in page.default_js]:
        tag = f'<script src="{address}"></script>'
        text = text.replace(tag, f"<script>{packaged_asset(address)}</script>")
    for address in [pair[1] for pair in page.default_css]:
        tag = f'<link rel="stylesheet" href="{address}"/>'
        text = text.replace(tag, f"<style>{packaged_asset(address)}</style>")
    return text.encode()


def see(browser: Any, file: Path, view: str, *, rounds: int) -> Seen:
    """Open a page and measure it."""
    firsts = []
    options, slow = VIEWS[view]
    for turn in range(rounds):
        context = browser.new_context(**options)
        context.set_offline(True)
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slow})
        ours = file.name.startswith("sandgrid")
        if ours:
            page.add_init_script(WATCH)
        page.goto(file.as_uri(), wait_until="load", timeout=240_000)
        if ours:
            page.evaluate("sandgrid.ready.then(() => sandgrid.painted())")
            firsts.append(page.evaluate("window.firstDrawn"))
        else:
            firsts.append(page.evaluate(FIRST_FOLIUM))
        if turn < rounds - 1:
            context.close()
    loaded = cpu_ms(tools)
    frames, zooms, busy = moves(page, tools)
    context.close()
    return Seen(statistics.median(firsts), frames, zooms, loaded, busy)


def cpu_ms(tools: Any) -> float:
    """Return the processor time that the main thread of the page has taken so far [ms]."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def moves(page: Any, tools: Any) -> tuple[float, float, float]:
    """Return the median frame while panning, the median zoom, and the latter's processor time."""
    start = page.evaluate(f"{MAP_OF}.getZoom()")
    zooms, busy = [], []
    for level in (start + 1, start + 2, start + 1, start + 2):
        before = cpu_ms(tools)
        zooms.append(page.evaluate(ZOOM, [level]))
        busy.append(cpu_ms(tools) - before)
    times = page.evaluate(FRAME, [FRAMES, 24])
    return statistics.median(times[2:]), statistics.median(zooms), statistics.median(busy)


def run(counts: tuple[int, ...], *, rounds: int) -> dict[str, Any]:
    """Make and open every page."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is not installed; run `make setup-browser`")
    figures: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp())
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=arguments)
        for count in counts:
            parcels, table = make_parcels(count), attributes(count)
            for maker in (sandgrid_page, folium_page):
                name = maker.__name__.removesuffix("_page")
                wall, cpu = time.perf_counter(), time.process_time()
                html = maker(parcels, table)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                file = folder / f"{name}-{count}.html"
                file.write_bytes(html)
                entry = {"mb": len(html) / 1e6, "write_s": wall, "write_cpu_s": cpu}
                for view in VIEWS:
                    seen = see(browser, file, view, rounds=rounds)
                    entry |= {f"{view}_{key}": value for key, value in vars(seen).items()}
                figures[f"{name}-{count}"] = entry
        browser.close()
    shutil.rmtree(folder)
    return figures


def kept(figures: dict[str, Any], counts: tuple[int, ...]) -> dict[str, bool]:
    """Hold SandGrid's figures against the bars."""
    found = {}
    for count in counts:
        own = figures[f"sandgrid-{count}"]
        found[f"size {count}"] = own["mb"] <= BARS["mb"][count]
        for view in VIEWS:
            bar = BARS["first_ms"][view, count]
            found[f"first parcel {count} {view}"] = own[f"{view}_first_ms"] <= bar
    largest = figures[f"sandgrid-{max(counts)}"]
    found["frame"] = largest["desktop_frame_ms"] <= BARS["frame_ms"]
    found["zoom"] = largest["desktop_zoom_ms"] <= BARS["zoom_ms"]
    return found


def main() -> None:
    quick = "--quick" in sys.argv
    counts = (2_000,) if quick else (2_000, 20_000)
    figures = run(counts, rounds=1 if quick else 3)
    heads = list(next(iter(figures.values())))
    print("page".ljust(18) + "".join(head.rjust(19) for head in heads))
    for name, entry in figures.items():
        print(name.ljust(18) + "".join(f"{entry[head]:19.3f}" for head in heads))
    ratios = {
        str(count): {
            head: figures[f"folium-{count}"][head] / figures[f"sandgrid-{count}"][head]
            for head in heads
        }
        for count in counts
    }
    bars = kept(figures, counts)
    print("bars:", ", ".join(f"{name} {'kept' if ok else 'MISSED'}" for name, ok in bars.items()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    about = {"peak_mb": peak, "load": os.getloadavg()[0], "quick": quick}
    print(json.dumps({"figures": figures, "ratios": ratios, "bars": bars, **about}))


if __name__ == "__main__":
    main()
