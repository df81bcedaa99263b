"""As it is."""  # noqa: N999

from importlib import import_module

Migration = import_module("equipoise.server.ledger.migrations.0003_trail").Migration
