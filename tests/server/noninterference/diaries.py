"""The diary of patients, opened by their personal links: pages outside of every desk."""

import re
from typing import Any

from django.test import Client

__all__ = ["kept_diaries"]


def kept_diaries(look: Any, subjects: tuple[str, ...]) -> None:
    """Open every page of the diary of some patients, keep answers, hand in what is due, and look again."""
    from equipoise.server.diary.links import give_link

    for subject in subjects:
        look.twin.label = f"diary {subject}"
        with look.still():
            secret, _row = give_link(subject, 30, actor=f"coordinator@{subject[:2]}", role="site_coordinator")
        client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        home = _kept(look, client, (subject, "home"), f"/diary/{secret}/")
        for path in re.findall(r'class="button" href="([^"]+)"', home):
            page = _kept(look, client, (subject, "form"), path)
            data = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
            data |= dict.fromkeys(re.findall(r'name="(a\.\w+)" value="2"', page), "2") | {"confirmed": "yes"}
            _kept(look, client, (subject, "draft"), f"{path}draft/", data)
            _kept(look, client, (subject, "sent"), path, data)
            _kept(look, client, (subject, "sent again"), path, data)
        for place in ("", "scores/", "form/LASA/0/", "form/LASA/85/", "form/NOPE/1/"):
            _kept(look, client, (subject, "after"), f"/diary/{secret}/{place}")


def _kept(look: Any, client: Client, which: tuple[str, str], path: str, data: dict[str, str] | None = None) -> str:
    subject, what = which
    look.twin.label = f"diary {subject} {what} {path}"
    with look.still():
        answer = client.get(path) if data is None else client.post(path, data)
    look.keep((subject, "diary", what, path), answer)
    return str(answer.content.decode())
