"""How many requests a minute: by person when signed in, else by address.

Fixed windows counted in Redis: one key a window, so that two processes never both read the old number
(REST framework's own throttle reads, appends and writes back). Without Redis everybody passes: a hub
whose cache is down still answers.
"""

import functools
import ipaddress
import logging
import time
from abc import ABC, abstractmethod
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)


class WindowThrottle(SimpleRateThrottle, ABC):
    """Subclasses set `scope` and say in `subject` whom the window belongs to (None: not counted)."""

    scope: str
    num_requests: int | None
    duration: int | None
    left: float | None = None

    def get_rate(self) -> str | None:
        # Asked at each request, not once at import: tests and operators may change it.
        rate: Any = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        return rate and str(rate)

    @abstractmethod
    def subject(self, request: Request) -> str | None: ...

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        subject = self.subject(request)
        return subject and f"throttle:{self.scope}:{subject}"

    def allow_request(self, request: Request, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None or not self.num_requests or not self.duration:
            return True
        now = time.time()
        window = int(now // self.duration)
        self.left = (window + 1) * self.duration - now
        return _count(f"{key}:{window}", keep=2 * self.duration) <= self.num_requests

    def wait(self) -> float | None:
        """Seconds until the window ends: `Retry-After`."""
        return self.left


class AddressThrottle(WindowThrottle):
    scope = "address"

    def subject(self, request: Request) -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        return _network(self.get_ident(request))


class PersonThrottle(WindowThrottle):
    scope = "person"

    def subject(self, request: Request) -> str | None:
        if request.user and request.user.is_authenticated:
            return str(request.user.pk)
        return None


def _network(address: str) -> str:
    """One subscriber has a whole IPv6 /64, so that is what is counted."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address


# One command, done whole or not at all: no window is left without an end.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


@functools.lru_cache(maxsize=4)
def _redis(address: str, socket_timeout: float, socket_connect_timeout: float) -> Redis:
    """Django's cache makes a client at each command, which costs more than the command."""
    return Redis.from_url(
        address, socket_timeout=socket_timeout, socket_connect_timeout=socket_connect_timeout
    )


def _count(key: str, *, keep: int) -> int:
    where: dict[str, Any] = settings.CACHES["default"]
    options = {"socket_timeout": 1, "socket_connect_timeout": 1} | where.get("OPTIONS", {})
    redis = _redis(where["LOCATION"], **options)
    try:
        count: Any = redis.eval(COUNT, 1, key, str(keep))
        return int(count)
    except (RedisError, ValueError) as error:
        logger.warning("throttle does not count: %s", type(error).__name__)
        return 0
