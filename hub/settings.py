"""All settings, in one file, from the environment; a value that makes no sense stops the start.

The table in the root README lists every variable; tests/test_docs.py holds the two against each other.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import schedule
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()

STATE_DIR = Path(env.str("STATE_DIR", str(BASE_DIR / ".state"))).resolve()
# While `make run` is up it keeps here what it worked out, so that `manage.py` finds its servers. What
# the environment says itself wins.
env.read_env(str(STATE_DIR / "site.env"), recurse=False)

# --- What kind of place this is -----------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
# "worker" where evaluations run: the system checks then look for the harness.
TRIBUTARY_ROLE = env.str("TRIBUTARY_ROLE", "")
# The demo makes accounts whose passwords are printed; nothing of it exists outside demo mode.
DEMO = env.bool("DEMO", False)
SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=32))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_COOKIES = env.bool("SECURE_COOKIES", SITE_URL.startswith("https://"))

# --- Parts --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "hub",
    "evaluations",
    "contributions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
ASGI_APPLICATION = "hub.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hub.context.site",
                "contributions.context.header",
            ],
        },
    }
]

# --- Stores -------------------------------------------------------------------------------------

DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: postgresql://…")
DATABASES["default"].update(
    CONN_MAX_AGE=0,
    CONN_HEALTH_CHECKS=True,
    OPTIONS={
        **DATABASES["default"].get("OPTIONS", {}),
        "connect_timeout": 5,
        # Idle connections go soon: after a restart of the database the pool tries dead ones one by
        # one, and waits twice as long each time.
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", 8),
            "timeout": 20,
            "max_idle": 5,
        },
    },
)

REDIS_URL = env.str("REDIS_URL")
if urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL must be redis://, rediss:// or unix://")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# --- The queue: messages are nudges, rows are the truth (hub/lease.py) --------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# Late acknowledgement makes Celery 5.7.0 workers exit when Redis restarts; the lease does the recovery.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
# Every worker has a queue of its own besides: for work that not all who listen can do.
CELERY_WORKER_DIRECT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "health_check_interval": 10,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
SWEEP_SECONDS = env.int("SWEEP_SECONDS", 15, validate=validate.Range(min=1, max=60))
CELERY_BEAT_SCHEDULE = {
    "sweep runs": {"task": "evaluations.sweep", "schedule": schedule(SWEEP_SECONDS)},
    "mark outdated boards": {"task": "evaluations.outdated", "schedule": schedule(60)},
    "sweep checks": {"task": "contributions.sweep", "schedule": schedule(SWEEP_SECONDS)},
    "announce events": {"task": "contributions.announce", "schedule": schedule(SWEEP_SECONDS)},
    "sweep deliveries": {
        "task": "contributions.sweep_deliveries",
        "schedule": schedule(SWEEP_SECONDS),
    },
    "send mail": {
        "task": "contributions.mail",
        "schedule": schedule(60),
        "options": {"queue": "post"},
    },
    "look at origins": {"task": "hub.look_around", "schedule": schedule(60)},
    "tidy the store": {"task": "hub.tidy_store", "schedule": schedule(600)},
    "forget old deliveries": {"task": "contributions.forget", "schedule": schedule(3600)},
}
# A worker renews its lease four times within LEASE_SECONDS; after that the sweeper takes the job back.
LEASE_SECONDS = env.int("LEASE_SECONDS", 60, validate=validate.Range(min=2))
# A machine that hangs within a transaction keeps its locks, and would keep the sweeper waiting: the
# server ends whoever is silent for longer than a lease.
DATABASES["default"]["OPTIONS"]["options"] = (
    f"-c idle_in_transaction_session_timeout={LEASE_SECONDS}s"
)
MAX_ATTEMPTS = env.int("MAX_ATTEMPTS", 3, validate=validate.Range(min=1))

# --- What one person may do in a while ----------------------------------------------------------

# A day's submissions and new versions, an hour's comments; reviewers and maintainers have no limit.
QUOTA_SUBMISSIONS = env.int("QUOTA_SUBMISSIONS", 100, validate=validate.Range(min=1))
QUOTA_SUBMISSIONS_NEW = env.int("QUOTA_SUBMISSIONS_NEW", 20, validate=validate.Range(min=1))
QUOTA_COMMENTS = env.int("QUOTA_COMMENTS", 60, validate=validate.Range(min=1))
# For so long an account counts as new, unless something of it was merged before.
NEW_ACCOUNT_DAYS = env.int("NEW_ACCOUNT_DAYS", 7, validate=validate.Range(min=0))

# --- Where checkpoints come from, where they are kept -------------------------------------------

# huggingface_hub reads these when it is imported, later than this file, as it does HF_ENDPOINT: nothing
# kept in a home folder, no token found there, nobody told about the machine, bytes as we can hash them.
os.environ.setdefault("HF_HOME", str(STATE_DIR / "hf"))
for _switch in ("IMPLICIT_TOKEN", "TELEMETRY", "XET"):
    os.environ.setdefault(f"HF_HUB_DISABLE_{_switch}", "1")
HF_ENDPOINT = env.str("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
HF_TOKEN = env.str("HF_TOKEN", "")
# Hosts that an origin may send on to for bytes, beside itself; one that begins with a dot means all below.
ORIGIN_HOSTS = env.list("ORIGIN_HOSTS", [".huggingface.co", ".hf.co"])
# What an origin's webhook has to bring along (X-Webhook-Secret); empty: nobody is heard.
ORIGIN_WEBHOOK_SECRET = env.str("ORIGIN_WEBHOOK_SECRET", "")
# Keys for people's tokens of an origin (Fernet); the first encrypts, all open. Empty: from SECRET_KEY.
ORIGIN_TOKEN_KEYS: list[str] = env.list("ORIGIN_TOKEN_KEYS", [])
ORIGIN_TIMEOUT = env.float("ORIGIN_TIMEOUT", 10.0, validate=validate.Range(min=0.1))
STORE_DIR = Path(env.str("STORE_DIR", str(STATE_DIR / "store"))).resolve()
# Where nginx serves STORE_DIR/blobs internally (X-Accel-Redirect), such as /blobs/; empty: we send bytes.
ACCEL_REDIRECT_PREFIX = env.str("ACCEL_REDIRECT_PREFIX", "")
# Limits that are checked before a byte moves.
CHECKPOINT_MAX_BYTES = env.int("CHECKPOINT_MAX_BYTES", 2 * 1024**4)
CHECKPOINT_MAX_FILES = env.int("CHECKPOINT_MAX_FILES", 2000)
# What the store may hold, and what it leaves free on its disk: files that can be fetched again make room.
STORE_MAX_BYTES = env.int("STORE_MAX_BYTES", 0, validate=validate.Range(min=0))
STORE_MIN_FREE_BYTES = env.int("STORE_MIN_FREE_BYTES", 0, validate=validate.Range(min=0))
# A contributed checkpoint up to this size is tried before it may be merged.
SMOKE_MAX_BYTES = env.int("SMOKE_MAX_BYTES", 4 * 1024**3, validate=validate.Range(min=0))
# What is expected to take longer waits until something short of the same bytes has been measured.
EXPENSIVE_SECONDS = env.int("EXPENSIVE_SECONDS", 900, validate=validate.Range(min=0))

# Prompts and answers of models: in STORE_DIR/answers, or in a bucket where one is named.
ANSWERS_S3_BUCKET = env.str("ANSWERS_S3_BUCKET", "")
ANSWERS_S3_ENDPOINT = env.str("ANSWERS_S3_ENDPOINT", "")
ANSWERS_S3_REGION = env.str("ANSWERS_S3_REGION", "")
ANSWERS_S3_PREFIX = env.str("ANSWERS_S3_PREFIX", "answers")
ANSWERS_S3_ACCESS_KEY = env.str("ANSWERS_S3_ACCESS_KEY", "")
ANSWERS_S3_SECRET_KEY = env.str("ANSWERS_S3_SECRET_KEY", "")

# --- The evaluation harness, in an environment of its own ---------------------------------------

HARNESS_PYTHON = Path(env.str("HARNESS_PYTHON", str(BASE_DIR / ".venv-harness" / "bin" / "python")))
HARNESS_DEVICE = env.str("HARNESS_DEVICE", "cpu")
HARNESS_THREADS = env.int("HARNESS_THREADS", 1, validate=validate.Range(min=1))
HARNESS_WALL_SECONDS = env.int("HARNESS_WALL_SECONDS", 24 * 3600)
HARNESS_STALL_SECONDS = env.int("HARNESS_STALL_SECONDS", 900)
HARNESS_MEMORY_MB = env.int("HARNESS_MEMORY_MB", 16_000)
# Queue -> bytes: weights of more than that go there (evaluations/queues.py).
MEMORY_CLASSES = env.dict(
    "MEMORY_CLASSES", {"gpu-large": 20 * 10**9, "gpu-huge": 70 * 10**9}, subcast_values=int
)

# What evaluations on this machine may have beside its devices: network, gated, code_sandbox.
WORKER_CAPABILITIES = env.list("WORKER_CAPABILITIES", ["network"])
# Name -> base URL of servers of models that this machine's workers may ask (OpenAI's protocol, …/v1), and
# name -> key. Only the worker's own process sees the keys.
ENDPOINTS: dict[str, str] = env.dict("ENDPOINTS", {})
ENDPOINT_KEYS: dict[str, str] = env.dict("ENDPOINT_KEYS", {})

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "hub.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "front"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_USERNAME_BLACKLIST = ["admin", "api", "tributary", "hub", "mirror", "static"]
ACCOUNT_USERNAME_VALIDATORS = "hub.models.user.username_validators"
EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", "console:")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG.get("EMAIL_HOST") or ""
EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(EMAIL_CONFIG.get("EMAIL_USE_TLS", False))
EMAIL_USE_SSL = bool(EMAIL_CONFIG.get("EMAIL_USE_SSL", False))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Tributary <noreply@localhost>")

# --- News: inboxes, mail, webhooks --------------------------------------------------------------

# When digests go, in UTC.
MAIL_DIGEST_HOUR = env.int("MAIL_DIGEST_HOUR", 6, validate=validate.Range(min=0, max=23))
# Webhooks may also go to private addresses, by http and to any port: for a laptop, never for a public site.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", False)

# --- The API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hub.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hub.api.permissions.ReadPublicWriteScoped"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "hub.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "hub.api.ordering.OrderingFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "hub.api.throttling.AddressThrottle",
        "hub.api.throttling.PersonThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "address": env.str("API_RATE_ADDRESS", "120/min"),
        "person": env.str("API_RATE_PERSON", "600/min"),
    },
    "EXCEPTION_HANDLER": "hub.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": env.int("NUM_PROXIES", 0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tributary API",
    "DESCRIPTION": "Model variants, datasets, contributions, runs, scores and leaderboards.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Two sets of choices are called "role".
    "ENUM_NAME_OVERRIDES": {
        "ReporterRoleEnum": "evaluations.models.claim.ReporterRole",
        "ScopeRoleEnum": "hub.models.scope.ScopeRole",
        "RunPurposeEnum": "evaluations.models.run.Purpose",
        "DatasetPurposeEnum": "hub.models.dataset.Purpose",
    },
}

# --- Pages --------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = STATE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    "answers": {
        "BACKEND": "evaluations.answers.bucket.AnswersBucket"
        if ANSWERS_S3_BUCKET
        else "evaluations.answers.folder.AnswersFolder"
    },
}
MEDIA_ROOT = STATE_DIR / "media"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Safety -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", SECURE_COOKIES)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if SECURE_COOKIES else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "hub.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # It logs whole addresses, and those of an origin's storage are signed.
    "loggers": {
        "httpx2": {"level": "WARNING"},
        # At DEBUG they log requests with their signatures.
        "botocore": {"level": "WARNING"},
        "boto3": {"level": "WARNING"},
        "s3transfer": {"level": "WARNING"},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO").upper()},
}
