"""Accounts: who may come in, with which password, second factor and tokens. What they may do stands in the record."""

__all__: list[str] = []
