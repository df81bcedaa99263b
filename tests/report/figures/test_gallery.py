"""Every script of the gallery runs and writes its figure."""

import runpy
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.analyze.made_up_scores import results_with, scores
from tests.analyze.review_trial import review_results
from tests.results.example import example_results

from equipoise.results import write_results

GALLERY = Path(__file__).parents[3] / "docs" / "gallery"
OF_PATIENTS = ("waterfall_plot", "spider_plot", "swimmer_plot")
ANALYSIS = {"survival_curves": "primary", "forest_plot": "primary", **dict.fromkeys(OF_PATIENTS, "response")}
ANALYSIS["trajectories"] = "trajectories_qlq_c30"


@pytest.fixture(scope="module")
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery") / "results"
    write_results(example_results(), folder)
    write_results(review_results(60), folder.parent / "review")
    write_results(results_with(scores()), folder.parent / "questionnaires")
    return folder


@pytest.mark.parametrize("script", sorted(GALLERY.glob("*.py")), ids=lambda path: path.stem)
def test_script_writes_its_figure(
    script: Path,
    results_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "figure.svg"
    folder = results_folder.parent / "review" if script.stem in OF_PATIENTS else results_folder
    folder = results_folder.parent / "questionnaires" if script.stem == "trajectories" else folder
    arguments = [str(folder), *([ANALYSIS[script.stem]] if script.stem in ANALYSIS else []), str(output)]
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    runpy.run_path(str(script), run_name="__main__")
    assert ET.parse(output).getroot().tag.endswith("svg")  # noqa: S314 - our own file
    assert output.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert capsys.readouterr().out.strip().endswith(".")
