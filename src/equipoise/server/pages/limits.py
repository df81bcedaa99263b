"""How much may be sent, and what a browser may keep.

What is larger than anything that is asked for is refused before it is kept. Of what is answered, which may be a patient
or a treatment, nothing stays in a browser or on the way.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from equipoise.server.pages.refusals import too_large

__all__ = ["LARGEST_BODY", "KeepNothing", "LimitBody"]

LARGEST_BODY = 10 * 1_048_576
"""Bytes: room for a dictionary file."""
MOST_DISCARDED = 8 * LARGEST_BODY
"""Bytes of a refused request that are read and thrown away, so that the sender gets as far as hearing why."""
_PIECE = 65_536


class LimitBody:
    """Middleware that looks at the announced length."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer at once where the body is too large or does not say how large it is."""
        of_interface = request.path.startswith("/api/")
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return _in_words(411, "length_required", "The request does not say its length.", "Send Content-Length.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if of_interface else LARGEST_BODY
        if length.isascii() and length.isdigit() and int(length) <= limit:
            return self.get_response(request)
        if length.isascii() and length.isdigit() and int(length) <= MOST_DISCARDED:
            while request.read(_PIECE):
                pass
        if of_interface:
            detail = f"The request is larger than {limit / 1_048_576:g} MB."
            return _in_words(413, "too_large", detail, "Send less at once.")
        return too_large(request, LARGEST_BODY)


class KeepNothing:
    """Middleware that forbids to keep answers; scripts, styles and diaries say themselves what may be kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Say it in the answer."""
        answer = self.get_response(request)
        if not request.path.startswith("/diary/"):
            answer.setdefault("Cache-Control", "no-store")
        return answer


def _in_words(status: int, code: str, detail: str, remedy: str) -> JsonResponse:
    content = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code,
               "detail": detail, "remedy": remedy, "problems": []}  # fmt: skip
    return JsonResponse(content, status=status, content_type="application/problem+json")
