"""The one door to addresses that people name: to public addresses only, once, briefly.

A name is resolved here, every address it has must be public, and the connection goes to the very
address that was checked: a name that answers differently the next moment (DNS rebinding) gains nothing.
Redirects are not followed, proxies not asked, and the whole exchange ends after a fixed time.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

PORTS = frozenset({443, 80, 8443})
SECONDS = 10.0
# What is read of an answer: enough to see what went wrong over there.
MOST_BYTES = 4096
# Look like ordinary IPv6 addresses and lead to an IPv4 one, which may be private: NAT64, 6to4, Teredo,
# IPv4-compatible; and what was site-local once.
DETOURS = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10"),
        *("192.0.0.0/24", "192.88.99.0/24", "255.255.255.255/32"),
    )
)


class Refused(Exception):
    """The hub does not call such an address; the text says why, for whoever named it."""


class Unreached(Exception):
    """Nobody answered, or not in time."""


@dataclass(frozen=True)
class Answer:
    """`text` is the beginning of the body; `retry_after` is in seconds, None where nothing was said."""

    status: int
    text: str
    retry_after: float | None


def is_public(address: str) -> bool:
    """Whether a literal IP address can be reached by everybody."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    hidden = any(ip.version == network.version and ip in network for network in DETOURS)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or hidden)


def check_url(url: str) -> None:
    """Raises Refused for what no name server has to be asked about: scheme, port, a private literal."""
    parts = _parts(url)
    if settings.WEBHOOK_ALLOW_PRIVATE:
        return
    if parts.scheme != "https":
        raise Refused("Use an https:// address.")
    if (parts.port or 443) not in PORTS:
        raise Refused(f"Use port {', '.join(str(port) for port in sorted(PORTS))}.")
    host = parts.hostname or ""
    literal = ":" in host or host.replace(".", "").isdigit()
    local = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    if local or (literal and not is_public(host)):
        raise Refused("Only public addresses are called.")


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST `body` to `url`. Raises Refused, or Unreached with a reason people can act on."""
    check_url(url)
    parts = _parts(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(parts.hostname or "", port)
    connection = _Pinned(parts, address, port)
    deadline = threading.Timer(SECONDS, connection.abort)
    deadline.start()
    try:
        path = iri_to_uri((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        connection.request("POST", path, body=body, headers=dict(headers))
        response = connection.getresponse()
        said = response.read(MOST_BYTES)
        if connection.aborted:
            raise TimeoutError
        text = said.decode("utf-8", "replace").replace("\x00", "")
        return Answer(response.status, text, _seconds(response.headers.get("Retry-After", "")))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unreached(_why(error, late=connection.aborted)) from error
    finally:
        deadline.cancel()
        connection.end()


class _Pinned(http.client.HTTPConnection):
    """Speaks to `address`, which was checked, under the name in the URL, which TLS verifies."""

    def __init__(self, parts: SplitResult, address: str, port: int) -> None:
        super().__init__(parts.hostname or "", port, timeout=SECONDS)
        self.address = address
        self.tls = parts.scheme == "https"
        self.aborted = False
        # Also while a body is read: by then http.client has let go of `sock`.
        self.wire: socket.socket | None = None
        if self.tls:
            self.default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        self.wire = socket.create_connection((self.address, self.port), timeout=SECONDS)
        if self.tls:
            # The handshake apart, so that the deadline can end that too.
            self.wire = ssl.create_default_context().wrap_socket(
                self.wire, server_hostname=self.host, do_handshake_on_connect=False
            )
        if self.aborted:
            # The deadline found no socket yet, or one that was just being wrapped.
            raise TimeoutError
        if isinstance(self.wire, ssl.SSLSocket):
            self.wire.do_handshake()
        self.sock = self.wire

    def end(self) -> None:
        self.close()
        if self.wire is not None:
            self.wire.close()

    def abort(self) -> None:
        """From the deadline's thread: every wait of the socket ends at once, however it trickles."""
        self.aborted = True
        if self.wire is not None:
            # Of the bare socket: TLS would take its own apart under the reader's hands.
            with suppress(OSError):
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 reading it checks it
    except ValueError:
        raise Refused("This is not an address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("Use an https:// address.")
    if parts.username or parts.password:
        raise Refused("Leave user and password out of the address: messages are signed instead.")
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise Refused("This is not an address.")
    return parts


def _resolve(host: str, port: int) -> str:
    """One address of `host`; Refused unless all of them are public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached(f"The name {host} is unknown.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public(each) for each in addresses):
        raise Refused(f"{host} leads to an address that is not public.")
    return addresses[0]


def _why(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return f"No answer within {SECONDS:.0f} seconds."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not good: {error.verify_message}."
    if isinstance(error, ConnectionRefusedError):
        return "Nobody listens there."
    return f"The connection broke: {type(error).__name__}."


def _seconds(retry_after: str) -> float | None:
    """Seconds, or a date, as the header may have either."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
