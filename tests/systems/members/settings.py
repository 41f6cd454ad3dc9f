"""An ordinary Django site, as it stands behind many a bridge: OAuth tokens, JSON web tokens and a login page beside each other.

What a package leaves to the site is left as it comes. What a story wants otherwise comes by environment; nothing here is for a real site.
"""

import os
from pathlib import Path


def switched_on(name):
    return os.environ.get(name) == "true"


SECRET_KEY = "known to everybody who reads the tests, and long enough to sign with"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "members.urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
]
# Tables are made from the models as they are: walking through the packages' history takes longer than every story here.
MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ["MEMBERS_ROOM"]) / "members.sqlite3",
        # Stories run beside each other; a transaction that begins by reading would fail at its first write instead of waiting.
        "OPTIONS": {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
        },
    }
}
# Slow on purpose is right for a site, not for a test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_REDIRECT_URL = "/"

OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "SCOPES": {"openid": "Who you are", "read": "Read", "write": "Write"},
    "DEFAULT_SCOPES": ["read", "write"],
    # Where a refresh token is used again, its successors die too.
    "REFRESH_TOKEN_REUSE_PROTECTION": switched_on("REFRESH_TOKEN_REUSE_PROTECTION"),
}
SIMPLE_JWT = {
    "ROTATE_REFRESH_TOKENS": switched_on("ROTATE_REFRESH_TOKENS"),
    "BLACKLIST_AFTER_ROTATION": switched_on("BLACKLIST_AFTER_ROTATION"),
}
# What goes wrong in the site is told on its standard error.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
