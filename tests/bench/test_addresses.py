"""Tricks by which an address leads a key to another place than it seems to, and the addresses that people do use."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bench import addresses
from bench.adapters import _resolver
from bench.adapters._http import Client
from bench.adapters._resolver import Place, Resolver
from bench.errors import ConfigError, Fatal

TRICKS = [
    # not http at all
    ("file:///etc/passwd", "scheme"),
    ("gopher://example.com/v1", "scheme"),
    ("ftp://example.com/v1", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/plain,x", "scheme"),
    ("//example.com/v1", "scheme"),
    ("example.com/v1", "scheme"),
    ("https://", "scheme"),
    ("https:///v1", "scheme"),
    ("", "scheme"),
    # a key in the clear
    ("http://api.example.com/v1", "plain"),
    ("http://8.8.8.8/v1", "plain"),
    ("http://[2001:4860:4860::8888]/v1", "plain"),
    # user names, queries, fragments
    ("https://user@example.com/v1", "secret"),
    ("https://user:key@example.com/v1", "secret"),
    ("https://api.example.com@169.254.169.254/v1", "secret"),
    ("https://@example.com/v1", "secret"),
    ("https://example.com%40evil.example/v1", "name"),
    ("https://example.com/v1?key=sk-1", "secret"),
    ("https://example.com/v1?", "secret"),
    ("https://example.com/v1#x", "secret"),
    ("https://evil.example#@api.example.com/", "secret"),
    # what parsers read differently
    ("https://example.com\\@evil.example/v1", "form"),
    ("https:\\\\example.com", "form"),
    ("https://exa mple.com/v1", "form"),
    ("https://example.com\t/v1", "form"),
    ("https://example.com/v1\r\nX-Evil: 1", "form"),
    ("\nhttps://example.com/v1", "form"),
    ("https://example.com\x00.evil.example/v1", "form"),
    ("https://example.com:99999/v1", "form"),
    ("https://example.com:x/v1", "form"),
    ("https://[::1/v1", "form"),
    # metadata services
    ("https://169.254.169.254/latest/meta-data", "forbidden"),
    ("http://169.254.169.254/latest/meta-data", "forbidden"),
    ("https://169.254.0.1/v1", "forbidden"),
    ("https://100.100.100.200/latest", "forbidden"),
    ("https://168.63.129.16/v1", "forbidden"),
    ("https://192.0.0.192/v1", "forbidden"),
    ("https://metadata.google.internal/v1", "forbidden"),
    ("https://METADATA.google.internal/v1", "forbidden"),
    ("https://metadata/v1", "forbidden"),
    ("https://metadata.tencentyun.com/v1", "forbidden"),
    ("https://[fd00:ec2::254]/v1", "forbidden"),
    ("https://[fe80::1]/v1", "forbidden"),
    ("https://[fe80::1%25eth0]/v1", "forbidden"),
    ("https://0.0.0.0/v1", "forbidden"),
    ("https://[::]/v1", "forbidden"),
    ("https://255.255.255.255/v1", "forbidden"),
    ("https://224.0.0.1/v1", "forbidden"),
    ("https://[ff02::1]/v1", "forbidden"),
    # IPv4 inside IPv6
    ("https://[::ffff:169.254.169.254]/v1", "forbidden"),
    ("https://[::ffff:a9fe:a9fe]/v1", "forbidden"),
    ("https://[2002:a9fe:a9fe::]/v1", "forbidden"),
    ("https://[64:ff9b::a9fe:a9fe]/v1", "forbidden"),
    ("https://[::169.254.169.254]/v1", "forbidden"),
    ("https://[::ffff:10.0.0.1]/v1", "private"),
    # numbers in disguise
    ("https://2852039166/v1", "name"),
    ("https://0xa9fea9fe/v1", "name"),
    ("https://0251.0376.0251.0376/v1", "name"),
    ("https://0xa9.0xfe.0xa9.0xfe/v1", "name"),
    ("https://169.254.43518/v1", "name"),
    ("https://127.1/v1", "name"),
    ("https://0177.0.0.1/v1", "name"),
    ("https://169.254.169.254./v1", "name"),
    ("https://metadata.google.internal./v1", "name"),
    ("https://example.com./v1", "name"),
    ("https://%31%36%39.254.169.254/v1", "name"),
    # other scripts
    ("https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/v1", "script"),
    ("https://１６９.254.169.254/v1", "script"),
    ("https://аpi.openai.com/v1", "script"),
    ("https://example。com/v1", "script"),
    ("https://ⓔxample.com/v1", "script"),
    # private networks, unless asked for
    ("https://10.0.0.5/v1", "private"),
    ("http://192.168.1.10:8000/v1", "private"),
    ("https://172.16.0.1/v1", "private"),
    ("https://100.64.0.1/v1", "private"),
    ("https://[fd12:3456::1]/v1", "private"),
    # ports of other protocols
    ("https://example.com:22/v1", "port"),
    ("https://example.com:25/v1", "port"),
    ("https://example.com:6379/v1", "port"),
    ("https://example.com:0/v1", "port"),
]


@pytest.mark.parametrize(("url", "reason"), TRICKS)
def test_a_trick_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        addresses.check(url)
    assert caught.value.faults[0].key == f"address.{reason}"


@pytest.mark.parametrize(("url", "reason"), [pair for pair in TRICKS if pair[1] not in ("private", "plain", "port")])
def test_asking_for_private_addresses_opens_nothing_else(url: str, reason: str) -> None:
    assert addresses.fault(url, private=True) == reason


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "https://api.example.com:8443/v1/",
        "https://xn--fiq228c.example/v1",
        "https://my_gateway.example.com/v1",
        "https://8.8.8.8/v1",
        "http://localhost:11434/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8080/v1",
        "http://[::ffff:127.0.0.1]:8080/v1",
    ],
)
def test_an_honest_address_is_taken(url: str) -> None:
    assert addresses.check(url) == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://10.0.0.5:8000/v1", "http://gpu-server:8000/v1", "https://[fd12::1]/v1"])
def test_a_private_address_is_taken_when_asked_for(url: str) -> None:
    assert addresses.check(url, private=True) == url


@pytest.mark.parametrize("url", ["http://8.8.8.8/v1", "http://[2001:4860:4860::8888]/v1"])
def test_a_key_never_goes_to_a_public_address_in_the_clear(url: str) -> None:
    assert addresses.fault(url, private=True) == "plain"


@pytest.mark.parametrize("secret", ["sk-123456", "user:sk-123456"])
def test_the_message_does_not_repeat_a_secret(secret: str) -> None:
    with pytest.raises(ConfigError) as caught:
        addresses.check(f"https://{secret}@example.com/v1?key={secret}")
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "resolved", "private", "plain", "expected"),
    [
        ("api.example.com", "8.8.8.8", False, False, True),
        ("api.example.com", "127.0.0.1", False, False, False),
        ("api.example.com", "127.0.0.1", True, False, True),
        ("api.example.com", "10.0.0.1", False, False, False),
        ("api.example.com", "169.254.169.254", True, True, False),
        ("api.example.com", "::ffff:169.254.169.254", True, False, False),
        ("api.example.com", "198.18.0.7", False, False, True),
        ("gpu-server", "10.0.0.1", True, True, True),
        ("gpu-server", "8.8.8.8", True, True, False),
        ("localhost", "127.0.0.1", False, True, True),
        ("localhost", "8.8.8.8", False, False, False),
    ],
)
def test_what_a_name_resolves_to_is_checked(
    host: str, resolved: str, private: bool, plain: bool, expected: bool
) -> None:
    assert addresses.allowed(host, resolved, private=private, plain=plain) is expected


def test_a_name_that_points_to_this_machine_gets_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rebound(host: str, port: int) -> list[Place]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(_resolver, "find", rebound)

    async def go() -> None:
        resolver = Resolver(private=False, plain=False)
        async with Client({}, connections=1, timeout=5, resolver=resolver) as client:
            await client.post("https://api.example.com:9/v1", b"{}")

    with pytest.raises(Fatal) as caught:
        asyncio.run(go())
    assert caught.value.faults[0].key == "http.forbidden_address"
