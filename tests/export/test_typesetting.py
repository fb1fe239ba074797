import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pypdf
import pytest

from sandgrid.errors import OutputError
from sandgrid.export.typesetting import Paper, require_glyphs, typeset

PAGE = Paper("地块实施单", "2024-06-30", footer="内部资料")
EVERY_FORM = """
= #data.name
== #data.name
#facts(data.rows, pairs: 2)
#listing(data.heads, data.rows, sides: ("l", "r"))
#note[#data.name] #small[#data.name] *#data.name*
#ticks(data.heads) #to-fill(4cm)
#picture(data.svg, width: 2cm)
"""
DATA = {
    "name": "科尔沁左翼中旗 <b> #let x = 1 *a* $y$ @z [q] \\",
    "rows": [["面积", "1,234.50 亩"], ["cost", "9,999 CNY"], ["odd", "3"]],
    "heads": ["名称", "数量"],
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>',
}


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_every_form_shows_its_text_as_it_stands() -> None:
    pdf = typeset(EVERY_FORM, DATA, paper=PAGE)
    text = text_of(pdf).replace("\n", " ")
    assert text.count("科尔沁左翼中旗 <b> #let x = 1 *a* $y$ @z [q] \\") == 5
    assert all(word in text for word in ("1,234.50 亩", "9,999 CNY", "内部资料", "1 / 1"))


def test_the_file_carries_its_font_and_its_date() -> None:
    reader = pypdf.PdfReader(io.BytesIO(typeset("#data.name", DATA, paper=PAGE)))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    names = [fonts[key]["/BaseFont"] for key in fonts]
    assert [name.partition("+")[2] for name in names] == ["NotoSansSC-Regular"]
    descendant = fonts[next(iter(fonts))]["/DescendantFonts"][0]
    assert "/FontFile2" in descendant["/FontDescriptor"]
    assert reader.metadata is not None
    assert str(reader.metadata.creation_date)[:10] == "2024-06-30"
    assert reader.metadata.title == PAGE.title


def test_another_process_writes_the_same_bytes() -> None:
    code = (
        "import sys; from sandgrid.export.typesetting import *\n"
        "page = Paper('t', '2024-01-02')\n"
        "sys.stdout.buffer.write(typeset('= #data.a', {'a': '治沙'}, paper=page))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout == typeset("= #data.a", {"a": "治沙"}, paper=Paper("t", "2024-01-02"))


@pytest.mark.parametrize("mark", ["\U0001f600", "\u1820", "\x07", "\ufeff", "\U0002a6a5"])
def test_a_character_without_a_glyph_is_named(mark: str) -> None:
    with pytest.raises(OutputError, match=f"U\\+{ord(mark):04X}") as caught:
        typeset("#data.a", {"a": [{"b": f"库伦旗{mark}镇"}]}, paper=PAGE)
    assert caught.value.exit_code == 6


def test_a_font_that_the_user_names_is_looked_at_too(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read"):
        require_glyphs(["a"], tmp_path)
    dejavu = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    shutil.copy(dejavu, tmp_path)
    with pytest.raises(OutputError, match=r"U\+2610"):
        typeset("#data.a", {"a": "☐ 治沙"}, paper=PAGE)
    text = text_of(typeset("#data.a", {"a": "☐ 治沙"}, paper=replace(PAGE, fonts=tmp_path)))
    assert "☐ 治沙" in text


def test_a_template_that_is_wrong_is_an_error_of_ours() -> None:
    with pytest.raises(OutputError, match="cannot be typeset"):
        typeset("#no-such-form()", {}, paper=PAGE)
    with pytest.raises(OutputError, match="unknown font"):
        typeset('#text(font: "No Such")[a]', {}, paper=PAGE)
