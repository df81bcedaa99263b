"""How wide text is, from a fixed table, so that layout does not depend on the fonts of the machine.

Widths are those of Helvetica and Helvetica Bold in Adobe's font metrics, in thousandths of the size; Arial, Liberation
Sans and Nimbus Sans share them. Characters outside the table take the width of the font that draws them in PDF files.
"""

import re
from functools import lru_cache

from equipoise.report.figures.outlines import glyph_width

__all__ = ["ASCENT", "CAP_HEIGHT", "DESCENT", "GLYPH_NAMES", "char_width", "in_table", "text_width", "wrap"]

ASCENT = 0.718
CAP_HEIGHT = 0.718
DESCENT = 0.207

# (width in regular, width in bold): characters
_WIDTHS = {
    (167, 167): "⁄",
    (191, 238): "'",
    (222, 278): "ijlįĺł‘’‚",
    (260, 280): "|¦",
    (278, 278): " \u00a0,./I\\·ÌÍÎÏìíîïĪīĮİı",
    (278, 333): "!:;[]ftţ",
    (299, 400): "ľ",
    (317, 389): "ť",
    (333, 333): "()-`¡¨¯´¸ˆˇ˘˙˚˛˜˝‹›",
    (333, 389): "rŕř",
    (333, 500): "“”„",
    (334, 389): "{}",
    (350, 350): "•",
    (355, 474): '"',
    (365, 365): "º",
    (370, 370): "ª",
    (389, 389): "*",
    (400, 400): "°",
    (453, 549): "√",
    (469, 584): "^",
    (471, 494): "◊",
    (476, 494): "∂",
    (500, 500): "zźżž",
    (500, 556): "Jcksvxyçýÿćčśşš",
    (537, 556): "¶",
    (549, 549): "≠≤≥",
    (556, 556): "#$0123456789_ae¢£¤¥§«»àáâãäåèéêëāăąēėęěƒ–†‡€",
    (556, 611): "?LbdghnopquµðñòóôõöùúûüþđğĹĽŁńňōőūůűų",
    (584, 584): "+<=>~¬±×÷−",
    (600, 600): "∑",
    (611, 611): "FTZ¿ßøŢŤŹŻŽ",
    (612, 612): "∆",
    (643, 743): "ď",
    (667, 667): "EPSVXYÈÉÊËÝÞĒĖĘĚŚŞŠŸ",
    (667, 722): "&ABKÀÁÂÃÄÅĀĂĄ",
    (722, 722): "CDHNRUÇÐÑÙÚÛÜĆČĎĐŃŇŔŘŪŮŰŲ",
    (722, 778): "w",
    (737, 737): "©®",
    (778, 778): "GOQÒÓÔÕÖØĞŌŐ",
    (833, 833): "M",
    (833, 889): "m",
    (834, 834): "¼½¾",
    (889, 889): "%æ",
    (944, 944): "Wœ",
    (1000, 1000): "ÆŒ—…‰™",
    (1015, 975): "@",
}
_TABLE = {char: widths for widths, chars in _WIDTHS.items() for char in chars}

_BEYOND_WINDOWS = (
    "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĪīĮįİıĹĺĽľŁłŃńŇňŌōŐőŔŕŘřŚśŞşŢţŤťŪūŮůŰűŲųŹźŻżˇ˘˙˚˛˝⁄∂∆∑−√≠≤≥◊",
    "Amacron amacron Abreve abreve Aogonek aogonek Cacute cacute Ccaron ccaron Dcaron dcaron Dcroat dcroat "
    "Emacron emacron Edotaccent edotaccent Eogonek eogonek Ecaron ecaron Gbreve gbreve Imacron imacron Iogonek iogonek "
    "Idotaccent dotlessi Lacute lacute Lcaron lcaron Lslash lslash Nacute nacute Ncaron ncaron Omacron omacron "
    "Ohungarumlaut ohungarumlaut Racute racute Rcaron rcaron Sacute sacute Scedilla scedilla Tcommaaccent tcommaaccent "
    "Tcaron tcaron Umacron umacron Uring uring Uhungarumlaut uhungarumlaut Uogonek uogonek Zacute zacute "
    "Zdotaccent zdotaccent caron breve dotaccent ring ogonek hungarumlaut fraction partialdiff Delta summation minus "
    "radical notequal lessequal greaterequal lozenge",
)
GLYPH_NAMES = dict(zip(_BEYOND_WINDOWS[0], _BEYOND_WINDOWS[1].split(), strict=True))
"""PostScript names of the characters of the table that the Windows encoding lacks."""


def in_table(char: str) -> bool:
    """Whether Helvetica has the character."""
    return char in _TABLE


@lru_cache(maxsize=4096)
def char_width(char: str, *, bold: bool = False) -> float:
    """Width of a character in thousandths of the font size."""
    if char in _TABLE:
        return _TABLE[char][bold]
    return glyph_width(char, bold=bold)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text in the unit of ``size``."""
    return sum(char_width(char, bold=bold) for char in text) * size / 1000


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break text at blanks into lines no wider than ``width``.

    No-break spaces do not break; a word that is wider than the line is broken where it must be.
    """
    lines = [""]
    for word in re.split(r"[ \t\r\n]+", text.strip(" \t\r\n")):
        for piece in _pieces(word, width, size, bold=bold):
            candidate = f"{lines[-1]} {piece}".strip()
            if text_width(candidate, size, bold=bold) <= width or not lines[-1]:
                lines[-1] = candidate
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, width: float, size: float, *, bold: bool) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and text_width(pieces[-1] + char, size, bold=bold) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces
