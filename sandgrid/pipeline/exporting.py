"""Adding files to a plan folder: for engineers, for the office, in another language or system."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sandgrid.export.content import PlanContent
from sandgrid.export.document import read_document
from sandgrid.export.files import extended_folder, list_files
from sandgrid.export.handing import KINDS, Wishes, check_kinds, hand_over
from sandgrid.export.writing import CHECKS
from sandgrid.messages import Language
from sandgrid.pipeline.reading import read_plan

_NO_WISHES: Final = Wishes()


def export_plan(
    folder: str | Path,
    kinds: Sequence[str] = tuple(KINDS),
    *,
    lang: Language | None = None,
    wishes: Wishes = _NO_WISHES,
) -> tuple[str, ...]:
    """Add files to the folder of a plan; its other files stay, the manifest lists all.

    Parameters
    ----------
    folder : str or Path
        Folder that ``write_plan`` or ``sandgrid plan`` wrote.
    kinds : sequence of str
        What to write, of ``export.handing.KINDS``; everything by default.
    lang : {"zh", "en"}, optional
        Language of labels and papers; that of the scenario by default.
    wishes : Wishes
        System, encoding, which parcels get a paper, and who is told of progress.

    Returns
    -------
    tuple of str
        Files that were not there before, sorted.

    Raises
    ------
    InputError, OutputError
        If the folder holds no whole plan, or a file cannot be written; the folder is then as
        it was.

    """
    check_kinds(kinds)
    place = Path(folder)
    plan = read_plan(place)
    spoken: Language = lang or plan.scenario["export"]["lang"]
    content = PlanContent(plan.tables, read_document(place), plan.scenario, {}, spoken)
    before = set(list_files(place))
    with extended_folder(place, checks=CHECKS) as staging:
        hand_over(staging, content, kinds, wishes)
    return tuple(name for name in list_files(place) if name not in before)
