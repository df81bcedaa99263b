"""What is asked for of each patient, kept beside the record so that a day's work is one question to the database."""

__all__: list[str] = []
