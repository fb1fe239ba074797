"""`sandgrid status` and `tracks` speak to people on the terminal and to programs in JSON."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandgrid.cli.app import app, main

ROOT = Path(__file__).parents[2]
MINI = str(ROOT / "scenarios" / "mini-20km.toml")


def test_status_says_what_is_done_in_both_languages(tmp_path: Path) -> None:
    chart = tmp_path / "burn.svg"
    city = str(ROOT / "scenarios" / "tongliao-2030.toml")
    told = CliRunner().invoke(app, ["status", city, "--lang", "zh", "--chart", str(chart)])
    assert told.exit_code == 0
    assert "已完成 110,000.00 亩" in told.stdout
    assert "剩余 54,000.00 亩" in told.stdout
    assert "秋季" in told.stdout
    assert chart.read_text(encoding="utf-8").startswith("<svg")


def test_status_is_json_for_programs() -> None:
    told = CliRunner().invoke(app, ["status", MINI, "--json"])
    record = json.loads(told.stdout)
    programme = next(row for row in record["rows"] if row["scope"] == "programme")
    assert programme["done_mu"] == pytest.approx(7976.57)
    assert record["window"]["seasons"] == ["autumn"]


def test_a_hostile_file_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "坏表.csv"
    path.write_text("图斑号,面积(亩),日期\nQ08870,-3,2024-06-01\n", encoding="gb18030")
    for lang, word in (("zh", "不能为负"), ("en", "below zero")):
        command = ["sandgrid", "status", MINI, "--works", str(path), "--lang", lang]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 3
        told = capsys.readouterr().err.strip()
        assert word in told
        assert "坏表.csv" in told
        assert "\n" not in told


def test_a_day_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sandgrid", "status", MINI, "--as-of", "soon"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "soon" in capsys.readouterr().err
