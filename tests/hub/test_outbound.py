"""Addresses that people name: only public ones are called, and none can keep the hub waiting."""

import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from hub import outbound
from tests.listener import listening, says


@pytest.fixture
def at_home(settings: Settings) -> None:
    """Loopback may be called, as on a laptop."""
    settings.WEBHOOK_ALLOW_PRIVATE = True


def named(monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> list[str]:
    """The name server says so; every other lookup is real. Answers with the names that were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        key = host.replace(".", "_")
        if key not in names:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in names[key]]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize("ip", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111"])
def test_public_addresses_are_known(ip: str) -> None:
    assert outbound.is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("172.31.255.255", "192.0.0.170", "239.1.1.1", "203.0.113.1", "ff0e::1", "::10.0.0.1"),
        *("127.1", "0x7f.1", "017700000001", "2130706433", "1.2.3.4.5", "localhost", ""),
        *("0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "192.88.99.1", "no address"),
    ],
)
def test_what_leads_inside_is_not_public(ip: str) -> None:
    assert not outbound.is_public(ip)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "https"),
        ("ftp://example.org/", "https"),
        ("https://", "https"),
        ("https://example.org:22/", "port"),
        ("https://example.org:6379/", "port"),
        ("https://example.org:99999/", "not an address"),
        ("https://example.org:0x50/", "not an address"),
        ("https://[::1/", "not an address"),
        ("example.org", "https"),
        ("file:///etc/passwd", "https"),
        ("https://ann@example.org/", "password"),
        ("https://ann:secret@example.org/", "password"),
        ("https://example.org/a b", "not an address"),
        ("https://example.org/\r\nX: y", "not an address"),
        ("https://127.0.0.1/", "public"),
        ("https://[::1]/", "public"),
        ("https://2130706433/", "public"),
        ("https://127.1/", "public"),
        ("https://[::ffff:127.0.0.1]/", "public"),
        ("https://[64:ff9b::7f00:1]/", "public"),
        ("https://169.254.169.254/latest/meta-data/", "public"),
        ("https://224.0.0.1/", "public"),
        ("https://LOCALHOST/", "public"),
        ("https://db.localhost/", "public"),
        ("https://metadata.google.internal/", "public"),
        ("https://localhost/", "public"),
        ("https://printer.local/", "public"),
    ],
)
def test_an_address_is_refused_with_its_reason(url: str, why: str) -> None:
    with pytest.raises(outbound.Refused, match=why):
        outbound.check_url(url)


def test_a_public_address_is_taken_without_asking_anybody() -> None:
    for url in ("https://example.org/hook?a=b", "https://example.org:8443/", "https://1.1.1.1/"):
        outbound.check_url(url)


@pytest.mark.parametrize("ips", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"]])
def test_a_name_that_leads_inside_even_with_one_address_is_not_called(
    ips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, hooks_test=ips)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("called"))
    with pytest.raises(outbound.Refused, match="not public"):
        outbound.post("https://hooks.test/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that says something else the second time is not asked a second time."""
    asked = named(monkeypatch, hooks_test=["93.184.216.34"])
    called: list[Any] = []

    def connect(address: Any, **_: Any) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(outbound.Unreached, match="Nobody listens"):
        outbound.post("https://hooks.test/", b"{}", {})
    assert (asked, called) == (["hooks.test"], [("93.184.216.34", 443)])


@pytest.mark.usefixtures("at_home")
def test_body_headers_and_the_name_arrive_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, hooks_test=["127.0.0.1"])
    with listening(says(202, "thanks"), host="hooks.test") as listener:
        answer = outbound.post(f"{listener.url}?a=b", b"{}", {"X-Mine": "yes"})
    (message,) = listener.messages
    assert (answer.status, answer.text) == (202, "thanks")
    assert (message.path, message.body, message.headers["X-Mine"]) == ("/hook?a=b", b"{}", "yes")
    assert message.headers["Host"].startswith("hooks.test:")


@pytest.mark.parametrize("host", ["localhost.", "0x7f000001", "0177.0.0.1"])
def test_other_ways_to_write_loopback_lead_nowhere(host: str) -> None:
    """The system's own resolver reads them as 127.0.0.1."""
    with pytest.raises((outbound.Refused, outbound.Unreached), match=r"public|unknown"):
        outbound.post(f"https://{host}/", b"{}", {})


@pytest.mark.usefixtures("at_home")
def test_an_address_with_letters_of_other_languages_is_called_as_browsers_do() -> None:
    with listening() as listener:
        outbound.post(f"{listener.url}/wässer?über=ja", b"{}", {})
    assert listener.messages[0].path == "/hook/w%C3%A4sser?%C3%BCber=ja"


@pytest.mark.usefixtures("at_home")
def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as listener, listening() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert outbound.post(listener.url, b"{}", {}).status == 204
    assert proxy.messages == []


@pytest.mark.usefixtures("at_home")
def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with listening() as inside, listening(says(302, location=inside.url)) as listener:
        assert outbound.post(listener.url, b"{}", {}).status == 302
    assert inside.messages == []


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("-5", None),
        ("9" * 400, float("inf")),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(said: str, seconds: float | None) -> None:
    with listening(says(503, retry_after=said)) as listener:
        assert outbound.post(listener.url, b"{}", {}).retry_after == seconds


@pytest.mark.usefixtures("at_home")
def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    with listening(endless) as listener:
        assert len(outbound.post(listener.url, b"{}", {}).text) == outbound.MOST_BYTES


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("part", ["head", "body"])
def test_whoever_trickles_is_left_when_the_time_is_over(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes well within a socket's time-out; all of them together would take for ever."""
    monkeypatch.setattr(outbound, "SECONDS", 0.5)
    over = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        while not over.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    with listening(trickle) as listener:
        with pytest.raises(outbound.Unreached, match="No answer within"):
            outbound.post(listener.url, b"{}", {})
        over.set()


@pytest.mark.usefixtures("at_home")
def test_a_deadline_that_passes_while_connecting_ends_it_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The timer finds no socket to close then, and nothing would stop a trickle afterwards."""
    connect = socket.create_connection
    monkeypatch.setattr(outbound, "SECONDS", 0.2)

    def late(address: Any, **more: Any) -> socket.socket:
        threads = [thread for thread in threading.enumerate() if type(thread) is threading.Timer]
        for thread in threads:
            thread.join()
        return connect(address, **more)

    monkeypatch.setattr(socket, "create_connection", late)
    with listening() as listener, pytest.raises(outbound.Unreached, match="No answer within"):
        outbound.post(listener.url, b"{}", {})
    assert listener.messages == []


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("said", [b"", b"this is no HTTP\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_whoever_does_not_speak_http_is_not_reached(said: bytes) -> None:
    def babble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)

    with listening(babble) as listener, pytest.raises(outbound.Unreached, match="broke"):
        outbound.post(listener.url, b"{}", {})


@pytest.mark.usefixtures("at_home")
def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    with listening() as listener:
        gone = listener.url
    with pytest.raises(outbound.Unreached, match="Nobody listens"):
        outbound.post(gone, b"{}", {})
    with pytest.raises(outbound.Unreached, match="unknown"):
        outbound.post(f"http://{'x' * 64}.test/", b"{}", {})


@pytest.mark.usefixtures("at_home")
def test_https_to_somebody_who_speaks_no_tls_is_an_error_with_a_reason() -> None:
    with listening() as listener, pytest.raises(outbound.Unreached, match="connection broke"):
        outbound.post(listener.url.replace("http:", "https:"), b"{}", {})


@pytest.mark.usefixtures("at_home")
def test_a_certificate_is_held_against_the_name_although_an_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For hooks.test alone, good for a hundred years, known to nobody but these tests."""
    certificate = Path(__file__).parent / "hooks-test.pem"
    named(monkeypatch, hooks_test=["127.0.0.1"], other_test=["127.0.0.1"])
    with listening(host="hooks.test", certificate=certificate) as listener:
        with pytest.raises(outbound.Unreached, match="certificate is not good: self"):
            outbound.post(listener.url, b"{}", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert outbound.post(listener.url, b"{}", {}).status == 204
        with pytest.raises(outbound.Unreached, match=r"not valid for 'other\.test'"):
            outbound.post(listener.url.replace("hooks.test", "other.test"), b"{}", {})
    assert len(listener.messages) == 1
