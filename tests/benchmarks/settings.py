"""The site as it is served, with a bare view beside it to compare with, and no limit on requests."""

import os

os.environ["API_RATE_ADDRESS"] = os.environ["API_RATE_PERSON"] = "100000000/min"

from hub.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING = {"version": 1, "disable_existing_loggers": True}
