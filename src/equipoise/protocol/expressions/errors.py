"""What can be wrong with an expression, and where."""

__all__ = ["ExpressionError"]


class ExpressionError(ValueError):
    """An expression that cannot be used.

    Attributes
    ----------
    message : str
        What is wrong and what was expected.
    text : str
        The whole expression.
    start, end : int
        Offsets of the part that is wrong.
    suggestion : str or None
        Nearest right name.
    """

    def __init__(
        self, message: str, text: str, start: int, end: int | None = None, suggestion: str | None = None
    ) -> None:
        self.message = message
        self.text = text
        self.start = min(start, len(text))
        self.end = max(self.start, min(end if end is not None else start + 1, len(text)))
        self.suggestion = suggestion
        super().__init__(str(self))

    @property
    def seen(self) -> str:
        """The part of the text that is wrong."""
        return self.text[self.start : self.end]

    @property
    def place(self) -> str:
        """Where the fault is, in words; columns count from 1."""
        line = self.text.count("\n", 0, self.start)
        column = self.start - (self.text.rfind("\n", 0, self.start) + 1) + 1
        return f"column {column}" if "\n" not in self.text else f"line {line + 1}, column {column}"

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.message} (at {self.place}){hint}"

    def __reduce__(self) -> tuple[type["ExpressionError"], tuple[str, str, int, int, str | None]]:
        return (type(self), (self.message, self.text, self.start, self.end, self.suggestion))
