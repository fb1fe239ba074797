"""Maps of plans: in a notebook, of a plan folder, of two plans side by side, for the public."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sandgrid.export.files import write_text
from sandgrid.export.maps import (
    Ground,
    Map,
    MapContent,
    MapTexts,
    Words,
    draw_map,
    erosion_field,
    find_basemaps,
    find_ground,
    find_sources,
    map_html,
    plan_content,
    plan_texts,
    publish,
    read_carried,
)
from sandgrid.layers.plan_files import read_page
from sandgrid.messages import Language
from sandgrid.pipeline.reading import read_plan
from sandgrid.plan import Origin, Plan

MAP_HTML: Final = "map.html"


@dataclass(frozen=True)
class MapChoices:
    """What a map may be besides the plain page.

    Parameters
    ----------
    public : bool
        Round positions to 50 m or more and leave the power system out.
    approval : str
        Number of the map review (审图号), shown on a public map.
    basemaps : tuple of str
        Online maps that a reader may switch on: tianditu-map, tianditu-image, gaode-map,
        gaode-image.
    tianditu_key : str
        The user's own key for Tianditu.

    """

    public: bool = False
    approval: str = ""
    basemaps: tuple[str, ...] = ()
    tianditu_key: str = ""

    def apply(self, content: MapContent) -> MapContent:
        """Return the content as these choices want it.

        Raises
        ------
        ScenarioError
            If a basemap is not known or lacks its key.

        """
        online = find_basemaps(self.basemaps, self.tianditu_key)
        shown = publish(content, approval=self.approval) if self.public else content
        return replace(shown, basemaps=online)


PLAIN: Final = MapChoices()


def show_map(
    plan: Plan | str | Path,
    beside: Plan | str | Path | None = None,
    *,
    lang: Language | None = None,
    choices: MapChoices = PLAIN,
) -> Map:
    """Return the map of a plan for a notebook; it needs no network.

    Parameters
    ----------
    plan : Plan, str or Path
        Made, or the folder in which it was written; a folder brings ground and reasons along, a
        plan that was read back has none below it.
    beside : Plan, str or Path, optional
        Another plan, shown on a map of its own that follows the first.
    lang : {"zh", "en"}, optional
        Language in which it opens; that of the scenario by default.
    choices : MapChoices
        Public version, online basemaps.

    """
    first = _content_of(plan, lang)
    if beside is None:
        return draw_map(choices.apply(first))
    first, second = set_beside(first, _content_of(beside, lang))
    return draw_map(choices.apply(first), choices.apply(second))


def _content_of(plan: Plan | str | Path, lang: Language | None) -> MapContent:
    if isinstance(plan, Plan):
        return map_content(plan, lang=lang)
    return folder_content(Path(plan), lang=lang)


def map_content(plan: Plan, *, lang: Language | None = None) -> MapContent:
    """Return what the map of a plan shows."""
    texts = plan_texts(
        scenario_title(plan.scenario),
        plan.milestones,
        outlay_cny=plan.proof.outlay_cny,
        as_of=str(plan.scenario["as_of"]),
    )
    spoken = lang or plan.scenario["export"]["lang"]
    if plan.origin is None:
        return plan_content(plan.tables, texts, scenario=plan.scenario, lang=spoken)
    sources = find_sources(plan.origin.catalogue, plan.origin.layers.roles)
    return plan_content(
        plan.tables,
        replace(texts, sources=sources),
        ground=_ground(plan.origin),
        scenario=plan.scenario,
        lang=spoken,
    )


def _ground(origin: Origin) -> Ground:
    ground = find_ground(origin.layers, origin.eligibility)
    return (
        ground if origin.coarse is None else replace(ground, erosion=erosion_field(origin.coarse))
    )


def scenario_title(record: Mapping[str, Any]) -> Words:
    """Return the title of a scenario; its name where it has none."""
    name = str(record["name"])
    return Words(str(record["title_zh"]) or name, str(record["title_en"]) or name)


def set_beside(first: MapContent, second: MapContent) -> tuple[MapContent, MapContent]:
    """Return two contents that share years and ground, their titles told apart.

    Parameters
    ----------
    first, second : MapContent
        Two plans; the second lies on the ground of the first, but keeps reasons of its own.

    """
    years = tuple(sorted({*first.years, *second.years}))
    bare = Ground(reasons=second.ground.reasons)
    if second.ground.carried is not None:
        bare = replace(bare, carried=replace(second.ground.carried, layers=(), pictures=[]))
    return (
        replace(first, years=years, texts=_lettered(first, "A")),
        replace(second, years=years, texts=_lettered(second, "B"), ground=bare, lang=first.lang),
    )


def _lettered(content: MapContent, letter: str) -> MapTexts:
    title = content.texts.title
    return replace(content.texts, title=Words(f"{letter} · {title.zh}", f"{letter} · {title.en}"))


def folder_content(folder: Path, *, lang: Language | None = None) -> MapContent:
    """Return what the map of a written plan shows, on the ground of its own ``map.html``.

    Raises
    ------
    InputError
        If a file of the folder is missing or broken.

    """
    content = map_content(read_plan(folder), lang=lang)
    carried = read_carried(read_page(folder / MAP_HTML), MAP_HTML)
    texts = replace(content.texts, sources=carried.sources)
    return replace(content, texts=texts, ground=Ground(carried=carried))


def write_map(
    folder: Path,
    file: Path,
    *,
    beside: Path | None = None,
    lang: Language | None = None,
    choices: MapChoices = PLAIN,
) -> Path:
    """Write the map of a plan folder, or of two, to a file of its own.

    Parameters
    ----------
    folder : Path
        A written plan.
    file : Path
        The page to write.
    beside : Path, optional
        Another written plan.
    lang : {"zh", "en"}, optional
        Language in which it opens; that of the first plan by default.
    choices : MapChoices
        Public version, online basemaps.

    Raises
    ------
    InputError
        If a file of a folder is missing or broken.
    OutputError
        If the page cannot be written.

    """
    first = folder_content(folder, lang=lang)
    if beside is None:
        write_text(file, map_html(choices.apply(first)).decode())
        return file
    first, second = set_beside(first, folder_content(beside, lang=lang))
    write_text(file, map_html(choices.apply(first), choices.apply(second)).decode())
    return file
