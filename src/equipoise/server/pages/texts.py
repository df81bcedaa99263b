"""The translation file: every text of the pages, collected from modules, templates and the commands' declarations.

Usage: python -m equipoise.server.pages.texts [file]

For another language write it to ``locale/<language>/LC_MESSAGES/django.po``, fill in the ``msgstr`` lines, compile it
with ``msgfmt django.po -o django.mo``, and name language and folder to the server (docs/howto/serve.md).
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from equipoise.conduct import COMMANDS, Field, Role, Stage
from equipoise.conduct.command import sentences
from equipoise.conduct.nouns.adverse_events import CRITERIA
from equipoise.conduct.rights import ACTIONS

__all__ = ["FILE", "NOT_FOR_PEOPLE", "collect", "po_text"]

HERE = Path(__file__).parent
FILE = HERE / "locale" / "en" / "LC_MESSAGES" / "django.po"
_RINGS = HERE.parents[1]
_REASONS = ("criteria/recist_patient.py", "criteria/review_refusals.py", "server/api/access.py", "server/write.py")
"""Modules besides those of `equipoise.conduct` whose reasons people see."""
NOT_FOR_PEOPLE = frozenset(
    ("allocation_stage.py", "balance.py", "entropy.py", "kits.py", "memory_vault.py", "reference.py", "replay.py",
     "sealing.py")
)  # fmt: skip
"""Modules of `equipoise.conduct` whose texts are errors of the program, or documentation."""
_CALLS = frozenset({"_", "translated", "gettext_noop"})
_TRANSLATE = re.compile(r"""\{%-?\s*translate\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_BLOCK = re.compile(r"\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate %\}", re.DOTALL)
_VARIABLE = re.compile(r"\{\{ *(\w+) *\}\}")

Text = tuple[str, str]
"""Message, and its plural where it has one."""


def collect() -> dict[Text, list[str]]:
    """Find every text with the files in which it stands."""
    found: dict[Text, list[str]] = {}
    for path in sorted(HERE.rglob("*.py")):
        _add(found, ((text, "") for text in _of_module(path.read_text(encoding="utf-8"))), path)
    for path in sorted(HERE.rglob("*.html")):
        _add(found, _of_template(path.read_text(encoding="utf-8")), path)
    for text in _of_declarations():
        found.setdefault((text, ""), []).append("conduct")
    conduct = _RINGS / "conduct"
    rules = [
        path for path in sorted(conduct.rglob("*.py")) if path.relative_to(conduct).as_posix() not in NOT_FOR_PEOPLE
    ]
    for path in (*rules, *(_RINGS / name for name in _REASONS)):
        _add(found, ((text, "") for text in _of_rules(path)), path)
    return found


def _add(found: dict[Text, list[str]], texts: Iterator[Text], path: Path) -> None:
    name = path.relative_to(HERE if path.is_relative_to(HERE) else _RINGS).as_posix()
    for text in texts:
        places = found.setdefault(text, [])
        if name not in places:
            places.append(name)


def _of_module(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.strip():
                yield first.value
    yield from _of_tables(tree)


def _of_tables(tree: ast.Module) -> Iterator[str]:
    """Words in tables of a module that are translated where they are shown: values and pairs of constants."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in _TABLES:
                yield from _constants(node.value)


def _constants(value: ast.expr) -> Iterator[str]:
    for each in ast.walk(value):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _is_words(each.value):
            yield each.value


_TABLES = frozenset({"_WORDS", "_STATES", "_KINDS", "LAB_TESTS", "VITAL_SIGNS", "_GROUPS", "_RECORDS"})


def _is_words(text: str) -> bool:
    return " " in text or (text[:1].isupper() and text[1:].islower() and len(text) > 3)


def _of_template(source: str) -> Iterator[Text]:
    for quoted in _TRANSLATE.findall(source):
        yield ast.literal_eval(quoted), ""
    for block in _BLOCK.findall(source):
        one, _plural, more = block.partition("{% plural %}")
        yield _VARIABLE.sub(r"%(\1)s", one), _VARIABLE.sub(r"%(\1)s", more)


def _of_declarations() -> list[str]:
    """Texts that forms take from the commands."""
    found = {str(role).replace("_", " ") for role in Role} | {str(stage) for stage in Stage} | set(CRITERIA)
    found |= {action.task for action in ACTIONS.values() if action.task}
    for spec in COMMANDS.values():
        found.add(spec.doc)
        for field in spec.fields:
            found |= set(_of_field(field))
    return sorted(found)


def _of_rules(path: Path) -> Iterator[str]:
    """Reasons, remedies and problems of a module of rules, and the words that stand in them.

    Every text of several words counts that is no documentation and no error of the program; of one word, what is marked
    by ``said`` or ``Text``. Of the server's own modules, whole sentences alone.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sentences_alone = path.is_relative_to(HERE.parent)
    other = {id(each) for node in ast.walk(tree) if _is_for_programs(node) for each in ast.walk(node)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) in ("said", "Text")]
    marked = {id(each) for call in calls for each in call.args[:1]}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in other:
            continue
        text = node.value
        if id(node) in marked or (" " in text.strip() and (text.endswith(".") or not sentences_alone)):
            yield from sentences(text) if path.name == "review_refusals.py" else (text,)


def _called(node: ast.AST | None) -> str:
    """Name of the function that is called; empty of anything else."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _is_for_programs(node: ast.AST) -> bool:
    """Whether the texts in it are documentation, an error of the program, a type or pieces of a text."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise):
        return _called(node.exc) in ("ConductError", "VaultError", "ValueError", "TypeError", "CriteriaError")
    return isinstance(node, ast.JoinedStr) or _called(node) == "cast"


def _of_field(field: Field) -> Iterator[str]:
    yield field.doc
    yield from (str(word) for word in field.choices)
    for inner in field.fields:
        yield from _of_field(inner)


def po_text(texts: dict[Text, list[str]]) -> str:
    """Write texts as a translation file; those of English stand for themselves."""
    head = [
        'msgid ""',
        'msgstr ""',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Language: en\\n"',
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"',
    ]
    parts = ["\n".join(head)]
    for (one, more), places in sorted(texts.items()):
        lines = [f"#: {' '.join(places)}"]
        if "%(" in one:
            lines.append("#, python-format")
        elif re.search(r"\{\w+\}", one):
            lines.append("#, python-brace-format")
        lines.append(f"msgid {_quoted(one)}")
        lines += [f"msgid_plural {_quoted(more)}", 'msgstr[0] ""', 'msgstr[1] ""'] if more else ['msgstr ""']
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> None:
    """Write the file."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(po_text(collect()), encoding="utf-8")


if __name__ == "__main__":
    main()
