"""Pages of the central review: the queue, a reader's page, readers side by side, the desk that runs the review."""

__all__: list[str] = []
