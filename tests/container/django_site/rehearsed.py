"""The generated settings, with the database a container is given."""

import os
from urllib.parse import unquote, urlsplit

from site_of_others.settings import *  # noqa: F403  # pyright: ignore[reportMissingImports, reportWildcardImportFromLibrary]

_url = urlsplit(os.environ["DATABASE_URL"])
ALLOWED_HOSTS = ["*"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.lstrip("/"),
        "USER": _url.username,
        "PASSWORD": unquote(_url.password or ""),
        "HOST": _url.hostname,
        "PORT": _url.port,
    }
}
