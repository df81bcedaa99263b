"""Terms of adverse events: a small set that is built in, or the dictionary that a site has loaded.

The built-in terms are of the Common Terminology Criteria for Adverse Events, version 5.0 (National Cancer Institute,
2017, public domain). A site may load a whole dictionary as a CSV file with the columns ``term`` and ``class``.
"""

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from equipoise.server import trial
from equipoise.server.pages.words import translated as _

__all__ = [
    "BUILT_IN",
    "LARGEST_FILE",
    "Dictionary",
    "DictionaryError",
    "dictionary_of",
    "keep_dictionary",
    "read_dictionary",
]

LARGEST_FILE = 5 * 1_048_576
"""Bytes: the whole of CTCAE with its definitions has under one million."""
_MOST_TERMS = 20_000


class DictionaryError(ValueError):
    """A file that cannot be used as a dictionary; the message says why, and what belongs there."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Terms with their classes."""

    name: str
    terms: dict[str, str]


_CLASSES: dict[str, tuple[str, ...]] = {
    "Blood and lymphatic system disorders": ("Anemia", "Febrile neutropenia"),
    "Cardiac disorders": ("Atrial fibrillation", "Heart failure", "Left ventricular systolic dysfunction",
                          "Myocardial infarction", "Palpitations"),
    "Endocrine disorders": ("Hyperthyroidism", "Hypothyroidism"),
    "Eye disorders": ("Blurred vision",),
    "Gastrointestinal disorders": ("Abdominal pain", "Bloating", "Constipation", "Diarrhea", "Dry mouth", "Dyspepsia",
                                   "Flatulence", "Mucositis oral", "Nausea", "Vomiting"),
    "General disorders and administration site conditions": ("Chills", "Edema limbs", "Fatigue", "Fever",
                                                             "Non-cardiac chest pain", "Pain"),
    "Hepatobiliary disorders": ("Hepatic failure",),
    "Infections and infestations": ("Lung infection", "Sepsis", "Skin infection", "Upper respiratory infection",
                                    "Urinary tract infection"),
    "Injury, poisoning and procedural complications": ("Fall", "Fracture", "Infusion related reaction"),
    "Investigations": ("Alanine aminotransferase increased", "Alkaline phosphatase increased",
                       "Aspartate aminotransferase increased", "Blood bilirubin increased", "Creatinine increased",
                       "Electrocardiogram QT corrected interval prolonged", "Lipase increased",
                       "Lymphocyte count decreased", "Neutrophil count decreased", "Platelet count decreased",
                       "Weight loss", "White blood cell decreased"),
    "Metabolism and nutrition disorders": ("Anorexia", "Dehydration", "Hyperglycemia", "Hyperkalemia",
                                           "Hypoalbuminemia", "Hypocalcemia", "Hypokalemia", "Hyponatremia",
                                           "Hypophosphatemia"),
    "Musculoskeletal and connective tissue disorders": ("Arthralgia", "Back pain", "Muscle cramp", "Myalgia"),
    "Nervous system disorders": ("Dizziness", "Dysgeusia", "Headache", "Peripheral sensory neuropathy", "Stroke",
                                 "Syncope"),
    "Psychiatric disorders": ("Anxiety", "Depression", "Insomnia"),
    "Renal and urinary disorders": ("Acute kidney injury", "Hematuria", "Proteinuria"),
    "Respiratory, thoracic and mediastinal disorders": ("Cough", "Dyspnea", "Epistaxis", "Pleural effusion",
                                                        "Pneumonitis"),
    "Skin and subcutaneous tissue disorders": ("Alopecia", "Dry skin", "Palmar-plantar erythrodysesthesia syndrome",
                                               "Pruritus", "Rash maculo-papular", "Skin hypopigmentation"),
    "Vascular disorders": ("Flushing", "Hypertension", "Hypotension", "Thromboembolic event"),
}  # fmt: skip

BUILT_IN = Dictionary("CTCAE 5.0, common terms", {term: group for group, terms in _CLASSES.items() for term in terms})
"""What is offered where a site has loaded nothing."""


def dictionary_of(site: str) -> Dictionary:
    """Dictionary of a site: the one that was loaded last, else the built-in terms."""
    path = _file(site)
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return BUILT_IN
    return _loaded(path, stamp)


@lru_cache(maxsize=64)
def _loaded(path: Path, _stamp: int) -> Dictionary:
    name, _newline, text = path.read_text(encoding="utf-8").partition("\n")
    return Dictionary(name, read_dictionary(text.encode()))


def _file(site: str) -> Path:
    """Where the dictionary of a site lies; its name is the site's, whatever the file was called that was sent."""
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in site)
    return Path(trial.place().data) / "dictionaries" / f"{safe}.csv"


def read_dictionary(content: bytes) -> dict[str, str]:
    """Read terms and classes of a CSV file.

    Raises
    ------
    DictionaryError
        It is no such file.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DictionaryError(_("The file is no text in UTF-8. Save it as CSV (UTF-8) and send it again.")) from error
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise DictionaryError(_("The file is not CSV: %(why)s.") % {"why": error}) from error
    heads = {str(name).strip().lower(): name for name in (rows[0] if rows else {})}
    if not {"term", "class"} <= heads.keys():
        found = ", ".join(sorted(heads)[:8]) or _("none")
        raise DictionaryError(
            _("The first line names the columns term and class; it names: %(found)s.") % {"found": found}
        )
    if len(rows) > _MOST_TERMS:
        raise DictionaryError(_("The file has more than %(most)s lines.") % {"most": _MOST_TERMS})
    found_terms = {}
    for row in rows:
        term, group = ((row.get(heads[name]) or "").strip() for name in ("term", "class"))
        if term:
            found_terms[term[:200]] = group[:200]
    if not found_terms:
        raise DictionaryError(_("The file has no terms."))
    return found_terms


def keep_dictionary(site: str, name: str, content: bytes) -> int:
    """Keep a dictionary for a site and say how many terms it has."""
    terms = read_dictionary(content)
    path = _file(site)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(".part")
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["term", "class"])
    writer.writerows(terms.items())
    title = " ".join(name.split())[:80] or "dictionary"
    part.write_text(f"{title}\n{lines.getvalue()}", encoding="utf-8")
    part.replace(path)
    return len(terms)
