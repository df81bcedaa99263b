"""Every text of the pages stands in the translation file."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from equipoise.server.pages import texts


def test_the_translation_file_is_up_to_date() -> None:
    written = texts.FILE.read_text(encoding="utf-8")
    assert written == texts.po_text(texts.collect()), "run python -m equipoise.server.pages.texts"


def test_no_words_stand_in_templates_outside_of_translations() -> None:
    """What is left of a template without tags, values and markup has no words."""
    for path in sorted(texts.HERE.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        source = re.sub(
            r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{[%{#].*?[%}#]\}", " ", source, flags=re.DOTALL
        )
        source = re.sub(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", " ", source)
        if path.name == "attributes.html":
            continue  # holds attributes of an input and no text
        words = re.findall(r"[A-Za-z]{3,}", source.replace("&nbsp;", " "))
        assert not set(words) - {"equipoise", "amp"}, (path.name, words)


def test_another_language_is_a_file_to_be_filled_in(tmp_path: Path) -> None:
    """The file compiles, and a translated text is shown."""
    if shutil.which("msgfmt") is None:
        pytest.skip("msgfmt is not there (apt-get install gettext)")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    text = texts.po_text(texts.collect()).replace('msgid "Today"\nmsgstr ""', 'msgid "Today"\nmsgstr "Heute"')
    (folder / "django.po").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["msgfmt", "--check", "-o", folder / "django.mo", folder / "django.po"],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    import gettext

    translation = gettext.translation("django", tmp_path, ["de"])
    assert translation.gettext("Today") == "Heute"
