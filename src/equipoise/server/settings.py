"""Settings of Django, from the place of the trial and a few environment variables.

EQUIPOISE_HOSTS   names under which the server is reached, separated by commas; this machine's own unless given
EQUIPOISE_HTTPS   1 where a proxy speaks HTTPS: cookies are then sent over HTTPS alone
"""

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF

from equipoise.server.place import Place, database_settings

PLACE = Place.from_environment()


def _session_secret(folder: Path) -> str:
    path = folder / "session-secret"
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii")


PLACE.data.mkdir(parents=True, exist_ok=True, mode=0o700)
SECRET_KEY = _session_secret(PLACE.data)
DEBUG = False
DEFAULT_EXCEPTION_REPORTER_FILTER = "equipoise.server.silence.SilentFilter"
HTTPS = os.environ.get("EQUIPOISE_HTTPS") == "1"
ALLOWED_HOSTS = os.environ.get("EQUIPOISE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

ROOT_URLCONF = "equipoise.server.urls"
WSGI_APPLICATION = "equipoise.server.wsgi.application"
DATABASES = {"default": database_settings(PLACE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Account"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "equipoise.server.pages",  # before allauth, whose pages it restyles
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "equipoise.server.accounts",
    "equipoise.server.agenda",
    "equipoise.server.diary",
    "equipoise.server.ledger",
    "equipoise.server.monitoring",
    "equipoise.server.subjects",
    "equipoise.server.vault",
]
MIDDLEWARE = [
    "equipoise.server.rehearsing.Middleware",
    "django.middleware.security.SecurityMiddleware",
    "equipoise.server.pages.limits.LimitBody",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "equipoise.server.pages.limits.KeepNothing",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "equipoise.server.pages.marks.marks",
            ],
        },
    }
]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "equipoise.server.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "equipoise"
MFA_ADAPTER = "equipoise.server.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "equipoise.server.accounts.forms.CodeForm",
    "reauthenticate": "equipoise.server.accounts.forms.CodeAgainForm",
    "activate_totp": "equipoise.server.accounts.forms.ActivateForm",
}

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = ["username"]  # never the address: a proxy has one for all, and a code break must be possible
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_USERNAME_FORM_FIELD = "username"  # in what `authenticate` is given
AXES_USERNAME_CALLABLE = "equipoise.server.accounts.proof.login_named"
AXES_LOCKOUT_CALLABLE = "equipoise.server.accounts.proof.locked_answer"

SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SAMESITE = "Strict"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "equipoise.server.pages.refusals.csrf_failed"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
LANGUAGE_CODE = os.environ.get("EQUIPOISE_LANGUAGE") or "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGES = [("en", "English"), (LANGUAGE_CODE, LANGUAGE_CODE)]
LOCALE_PATHS = [
    *([Path(os.environ["EQUIPOISE_LOCALE"])] if os.environ.get("EQUIPOISE_LOCALE") else []),
    Path(__file__).parent / "pages" / "locale",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"short": {"()": "equipoise.server.silence.ShortRefusals"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["short"]}},
    "loggers": {name: {"filters": ["short"]} for name in ("django.request", "django.security.csrf")},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
