"""The twin of the published trial, rehearsed once from the command line for all tests."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TRIAL = Path(__file__).parents[3] / "trials" / "a021202"


@dataclass(frozen=True)
class Twin:
    """Output of a rehearsal: its folder, what was printed, the exit code."""

    folder: Path
    printed: str
    said: str
    code: int

    @property
    def summary(self) -> tuple[int, int]:
        """Figures inside their tolerance, and figures compared."""
        found = re.search(r"(\d+) of (\d+) figures inside", self.printed)
        assert found is not None, self.printed + self.said
        return int(found[1]), int(found[2])


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    pytest.importorskip("django")
    folder = tmp_path_factory.mktemp("twin") / "out"
    program = "from equipoise.cli import main; main()"
    command = [sys.executable, "-c", program, "rehearse", TRIAL, "-o", folder, "--format", "parquet", "--format", "csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Twin(folder, done.stdout, done.stderr, done.returncode)
