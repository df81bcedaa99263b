"""The examples of the pages on methods run as they stand and print what is printed under them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

METHODS = Path(__file__).parents[2] / "docs" / "methods"


@pytest.mark.parametrize(("page", "printed"), [("recist.md", 2), ("central-review.md", 0)])
def test_examples_of_a_page(page: str, printed: int) -> None:
    text = (METHODS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, flags=re.DOTALL)
    assert blocks
    assert sum(bool(expected) for _, expected in blocks) == printed
    for code, expected in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, page, "exec"), {})  # noqa: S102
        if expected:
            assert out.getvalue() == expected
        for said in re.findall(r"print\(.*\)  # (.*)", code):
            assert said in out.getvalue().splitlines()
