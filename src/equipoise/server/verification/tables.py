"""Which tables verification covers, and which it does not, with the reason; the triggers that keep the record."""

from django.db import connection

from equipoise.server.insert_only import expected, present

__all__ = ["COVERED", "NOT_COVERED", "NOT_COVERED_FIELDS", "missing_trigger", "tables_said", "unknown_tables"]

COVERED = {
    "account": "accounts",
    "account_token": "tokens",
    "agenda": "agenda",
    "diary_link": "diary links",
    "diary_wording": "wordings of questionnaires",
    "ledger_checkpoint": "checkpoints",
    "ledger_event": "trial chain and access chain",
    "ledger_request": "requests",
    "mfa_authenticator": "accounts",
    "monitoring_report": "reports of interim looks",
    "reading_list": "reads to be made",
    "subject_list": "list of patients",
    "vault_allocation": "vault receipts, allocations",
    "vault_counts": "counts",
    "vault_grant": "grants",
    "vault_kit": "kits",
    "vault_kit_use": "kits",
    "vault_seal": "vault seal",
    "vault_shipment": "kits",
}
"""Table -> check that finds a changed field, a missing row or one too many."""

NOT_COVERED = {
    "account_emailaddress": "nobody comes in by e-mail address",
    "account_emailconfirmation": "nobody comes in by e-mail address",
    "account_used_code": "codes of second factors that were used; they end after a minute and a half",
    "auth_group": "unused: rights are roles in the record",
    "auth_group_permissions": "unused: rights are roles in the record",
    "auth_permission": "unused: rights are roles in the record",
    "axes_accessattempt": "counts failed logins until they are forgotten; each is in the access chain",
    "axes_accessattemptexpiration": "counts failed logins until they are forgotten; each is in the access chain",
    "axes_accessfailurelog": "unused: each failed login is in the access chain",
    "axes_accesslog": "times of logins; each login is in the access chain",
    "diary_draft": "answers being typed; handed in, they are in the trial chain, and the row is deleted",
    "django_content_type": "names of tables, made by migrations",
    "django_migrations": "which migrations were carried out",
    "django_session": "sessions of browsers, signed and short-lived; each login is in the access chain",
    "sqlite_sequence": "counters of the database itself",
}
"""Table -> why it is no part of the record."""

NOT_COVERED_FIELDS = {
    "mfa_authenticator": {
        "id": "number of the row",
        "created_at": "time of the row; the access chain has it",
        "last_used_at": "changes with every login",
    },
}
"""Table that is covered -> fields that are not, and why. Used recovery codes within ``data`` are not covered either."""


def tables_said() -> str:
    """Say which tables of this database were checked, and which were not, with the reasons."""
    present = set(connection.introspection.table_names())
    left = [f"{name} ({why})" for name, why in sorted(NOT_COVERED.items()) if name in present]
    others = [f"{name} (not of equipoise)" for name in unknown_tables()]
    checked = len(present & set(COVERED))
    return f"{checked} tables are the record; no part of it, and not checked: {', '.join(left + others)}"


def unknown_tables() -> list[str]:
    """Name tables that equipoise does not have."""
    return sorted(set(connection.introspection.table_names()) - set(COVERED) - set(NOT_COVERED))


def missing_trigger() -> str | None:
    """Name the first trigger that is not there, or is switched off: without it rows can be changed unnoticed."""
    missing = sorted(set(expected()) - present())
    return f"{missing[0]}: the trigger is missing or switched off; rows can be changed" if missing else None
