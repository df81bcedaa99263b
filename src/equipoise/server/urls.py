"""Every address of the server."""

from django.urls import include, path

from equipoise.server.api.interface import api
from equipoise.server.pages import refusals
from equipoise.server.pages.diary.addresses import diary_addresses
from equipoise.server.pages.start import home
from equipoise.server.pages.table import addresses

handler400 = refusals.bad_request
handler403 = refusals.forbidden
handler404 = refusals.not_found
handler500 = refusals.server_error

urlpatterns = [
    path("", home, name="home"),
    *addresses(),
    *diary_addresses(),
    path("api/", api.urls),
    *(path(f"account/{page}/", refusals.no_mail) for page in ("email", "password/reset", "confirm-email")),
    path("account/", include("allauth.urls")),
]
