"""equipoise derive: SDTM files and a protocol to ADaM files."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from equipoise.cdisc import Sdtm, dataset_path, findings_frame, read_folder, write_dataset
from equipoise.cli.failure import ArgumentError
from equipoise.cli.notice import notice
from equipoise.cli.output import new_folder, write_mark
from equipoise.cli.steps import steps
from equipoise.derive import Derived, adsl_labels, derive, source_columns
from equipoise.protocol import Protocol, data_cut, load_protocol
from equipoise.results import write_parquet

__all__ = [
    "FINDINGS_FILE",
    "FORMATS",
    "check_formats",
    "derive_files",
    "mark",
    "opened",
    "read_sdtm",
    "run",
    "write_adam",
]

FORMATS = ("parquet", "xpt", "csv", "json")
FINDINGS_FILE = "findings.parquet"


def run(trial: Path, sdtm: Path, output: Path, *, cut: str | None, formats: list[str]) -> None:
    """Derive ADaM and write it with its findings."""
    check_formats(formats)
    with steps(4) as bar:
        bar.begin("read protocol")
        protocol = load_protocol(trial)
        with new_folder(output, inputs=(trial, sdtm)) as folder, opened(sdtm) as files:
            bar.begin("read SDTM")
            data = read_sdtm(protocol, files)
            bar.begin("derive ADaM")
            derived = derive_files(protocol, data, cut=cut)
            data.datasets.clear()  # gives the memory of a large trial back before files are written
            bar.begin("write ADaM")
            write_adam(protocol, derived, folder, formats)
            write_mark(folder, mark("derive", trial, data, derived))
    notice(derived)
    print(output)


def check_formats(formats: list[str]) -> None:
    """Raise ArgumentError for a format that cannot be written."""
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        raise ArgumentError(f"format {', '.join(unknown)} is not known; the formats are {', '.join(FORMATS)}")


@contextmanager
def opened(sdtm: Path) -> Iterator[Path]:
    """Give the folder of the SDTM files; a zip, as the running trial exports one, is unpacked while the block runs.

    Raises
    ------
    ArgumentError
        The file is no zip.
    """
    if sdtm.suffix.lower() != ".zip" or not sdtm.is_file():
        yield sdtm
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(sdtm) as archive:
                archive.extractall(folder)
        except zipfile.BadZipFile as error:
            raise ArgumentError(f"{sdtm} is no zip that can be read: export it again") from error
        yield Path(folder)


def read_sdtm(protocol: Protocol, folder: Path) -> Sdtm:
    """Read the SDTM files of a trial."""
    return read_folder(folder, protocol.data.datasets, columns=source_columns(protocol))


def derive_files(protocol: Protocol, data: Sdtm, *, cut: str | None) -> Derived:
    """Derive at the named data cut."""
    try:
        chosen = data_cut(protocol, cut)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    return derive(protocol, data, cut=chosen)


def write_adam(protocol: Protocol, derived: Derived, folder: Path, formats: list[str]) -> None:
    """Write every ADaM data set in every format, and the findings."""
    labels = {"ADSL": adsl_labels(protocol)}
    created = derived.cutoff or date(1970, 1, 1)
    folder.mkdir(exist_ok=True)
    for name, frame in derived.adam.items():
        for ending in formats:
            path = dataset_path(folder, name, ending, study_id=protocol.study_id)
            write_dataset(frame, path, name=name, created=created, labels=labels.get(name))
    write_parquet(findings_frame(derived.findings), folder / FINDINGS_FILE)


def mark(verb: str, trial: Path, data: Sdtm, derived: Derived) -> dict[str, Any]:
    """What made the folder: hashes of the inputs and the data cut."""
    files = {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in sorted(data.files.items())}
    return {
        "verb": verb,
        "protocol_sha256": hashlib.sha256(trial.read_bytes()).hexdigest(),
        "sdtm_sha256": files,
        "data_cut": {"name": derived.cut_name, "cutoff": derived.cutoff.isoformat() if derived.cutoff else None},
    }
