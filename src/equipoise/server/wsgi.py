"""The application for a WSGI server."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equipoise.server.settings")
application = get_wsgi_application()
import_module("equipoise.server.demo").set_clock()
import_module("equipoise.server.warm").warm()  # its models need Django set up
