"""SDTM at a data cut: blinded, or with treatments for those who may know them."""

import datetime as dt
import io
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import ConfigDict

from equipoise.cdisc import Sdtm, dataset_path, write_dataset
from equipoise.conduct.context import Context
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.ledger import TRIAL, LedgerCut
from equipoise.server.api.access import AUTH, may, proved
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier
from equipoise.server.api.problem import ProblemError
from equipoise.server.api.reading import Asked
from equipoise.server.api.unblinded import RoleIn
from equipoise.server.ledger.store import read_events
from equipoise.server.unblinding.reading import arms_for_analysis

__all__ = ["blinded_files", "router", "unblinded_files"]

router = Router(tags=["export"], auth=AUTH)
Format = Literal["csv", "json", "parquet", "xpt"]
_FILES = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}


class CutAsked(Asked):
    """A data cut by its name, or the record as it is now; and the format of the files."""

    cut: Identifier | None = None
    format: Format = "parquet"


class UnblindedCutIn(RoleIn):
    """The same, with proof."""

    model_config = ConfigDict(extra="forbid")
    cut: Identifier | None = None
    format: Format = "parquet"


@router.get(
    "/sdtm",
    response={200: None, **REFUSALS},
    openapi_extra={"responses": _FILES},
    summary="SDTM without treatments.",
)
def blinded(request: HttpRequest, where: Annotated[CutAsked, Query(...)]) -> HttpResponse:
    """Give a zip of SDTM files: no arm, treatment or kit, and nothing of a patient after unblinding."""
    context = may(request, "export_blinded_sdtm", where.role, site=where.site)
    return blinded_files(context, where.cut, where.format)


@router.post(
    "/sdtm",
    response={200: None, **REFUSALS},
    openapi_extra={"responses": _FILES},
    summary="SDTM with treatments.",
)
def unblinded(request: HttpRequest, body: UnblindedCutIn) -> HttpResponse:
    """Give a zip of SDTM files with treatments; the reading is recorded."""
    action = "export_unblinded_sdtm"
    context = may(request, action, body.role, site=body.site, second_factor=proved(request, body.proof))
    return unblinded_files(context, body.cut, body.format)


def blinded_files(context: Context, cut: str | None, ending: str) -> HttpResponse:
    """Zip SDTM without treatments at a cut, for who holds ``export_blinded_sdtm``."""
    return _zipped(context, _sdtm(context, cut, None), ending, _day(context, cut), f"{cut or 'now'}-blinded")


def unblinded_files(context: Context, cut: str | None, ending: str) -> HttpResponse:
    """Zip SDTM with treatments at a cut and record the reading, for who has just proved to be let in."""
    day = _day(context, cut)  # an unknown cut is refused before anything is revealed
    role = context.command.role
    arms = arms_for_analysis(context.study, context.command.actor, role, "SDTM with treatments")
    return _zipped(context, _sdtm(context, cut, arms), ending, day, f"{cut or 'now'}-with-treatments")


def _cut(context: Context, name: str | None) -> LedgerCut:
    if name is None:
        return LedgerCut()
    for event in read_events(TRIAL, "kind = %s", ["data_cut_made"]):
        if event.payload["name"] == name:
            cutoff = event.payload.get("cutoff")
            return LedgerCut(snapshot=event.seq, cutoff=dt.date.fromisoformat(cutoff) if cutoff else None)
    known = ", ".join(sorted(c["name"] for c in context.study.live("data_cut_made"))) or "none"
    raise ProblemError(404, "cut_unknown", "There is no such data cut.", f"Cuts: {known}.")


def _sdtm(context: Context, name: str | None, arms: dict[str, str] | None) -> Sdtm:
    protocol = context.rulebook(context.study.versions[-1]).protocol
    return sdtm_from_ledger(protocol, read_events(TRIAL), _cut(context, name), arms)


def _day(context: Context, name: str | None) -> dt.date:
    return _cut(context, name).cutoff or _today(context)


def _today(context: Context) -> dt.date:
    return dt.date.fromisoformat(context.command.at[:10])


def _zipped(context: Context, data: Sdtm, ending: str, day: dt.date, what: str) -> HttpResponse:
    study = context.rulebook(context.study.versions[-1]).protocol.study_id
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(data.datasets):
            path = dataset_path(Path(folder), name, ending, study_id=study)
            write_dataset(data.datasets[name], path, name=name, created=day)
            entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    response = HttpResponse(buffer.getvalue(), content_type="application/zip")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{study}-sdtm-{what}")
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response
