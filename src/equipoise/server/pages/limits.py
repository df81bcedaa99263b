"""How much may be sent: what is larger than anything that is asked for is refused before it is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from equipoise.server.pages.refusals import too_large

__all__ = ["LARGEST_BODY", "LimitBody"]

LARGEST_BODY = 10 * 1_048_576
"""Bytes: room for a dictionary file."""


class LimitBody:
    """Middleware that looks at the announced length."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer at once where the body is too large or does not say how large it is."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > LARGEST_BODY:
            if request.path.startswith("/api/"):
                content = {"type": "about:blank", "title": "too_large", "status": 413, "code": "too_large",
                           "detail": "The request is larger than 10 MB.", "remedy": "Send less at once.",
                           "problems": []}  # fmt: skip
                return JsonResponse(content, status=413, content_type="application/problem+json")
            return too_large(request, LARGEST_BODY)
        return self.get_response(request)
