"""Rights of the server's own role in PostgreSQL: it adds to the record and can do nothing else to it.

``python -m equipoise.server.grants ROLE`` prints the statements; the owner of the tables runs them after every upgrade.
"""

import re
import sys

from equipoise.server.errors import ServerError
from equipoise.server.insert_only import INSERT_ONLY

__all__ = ["grants"]


def grants(role: str) -> str:
    """Write the statements that give a role what the server needs, to be run by the owner of the tables.

    The role does not own the tables, so that it can neither switch triggers off nor empty or drop a table.

    Raises
    ------
    ServerError
        For a name that is no plain name of a role.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
        raise ServerError(f"role {role!r}: expected lower-case letters, digits and underscores")
    record = ", ".join(INSERT_ONLY)
    statements = (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {record} FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    )
    return "".join(f"{statement};\n" for statement in statements)


if __name__ == "__main__":
    sys.stdout.write(grants(*sys.argv[1:]))
