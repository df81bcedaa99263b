"""Words of the kernel's codes."""

from equipoise.criteria import recist_kernel as k
from equipoise.criteria.charter import Charter
from equipoise.terms import Response

__all__ = ["RESPONSES", "causes", "new_lesion_words", "response_words"]

RESPONSES: tuple[str | None, ...] = (None, *Response, None)
"""Responses under RECIST, in the order of the codes."""
_IMMUNE: tuple[str | None, ...] = (None, "iCR", "iPR", "iSD", "NON-iCR/NON-iUPD", "iUPD", "NE", "iCPD")
_CAUSES = ((k.BY_TARGET, "TARGET"), (k.BY_NON_TARGET, "NON-TARGET"), (k.BY_NEW, "NEW LESION"))

new_lesion_words = ("N", "EQUIVOCAL", "Y")
causes: tuple[str | None, ...] = tuple(
    "+".join(word for bit, word in _CAUSES if code & bit) or None for code in range(8)
)


def response_words(charter: Charter) -> tuple[str | None, ...]:
    """Words of response codes under the charter's criteria."""
    return _IMMUNE if charter.criteria == "iRECIST" else tuple(None if w is None else str(w) for w in RESPONSES)
