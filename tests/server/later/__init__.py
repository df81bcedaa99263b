"""Migrations of the record as a later version might have them: a table made anew, and a field more."""
