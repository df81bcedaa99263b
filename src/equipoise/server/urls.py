"""Every address of the server."""

from django.urls import include, path

urlpatterns = [path("account/", include("allauth.urls"))]
