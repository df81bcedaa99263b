"""Every address of the server."""

from django.urls import include, path

from equipoise.server.api.interface import api
from equipoise.server.home import home

urlpatterns = [
    path("", home, name="home"),
    path("api/", api.urls),
    path("account/", include("allauth.urls")),
]
