"""Which addresses a key may be sent to: https, a plain public host, or a private one that was asked for.

A name is checked twice: here as written, and again as the addresses it resolves to (`allowed`), because a public name
may point to this machine or to a cloud's metadata service.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from bench.errors import ConfigError, Fault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_METADATA = frozenset(
    (
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com", "instance-data"),
        *("instance-data.ec2.internal", "metadata.azure.internal", "metadata.platformequinix.com"),
    )
)
_FORBIDDEN = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "0.0.0.0/8", "224.0.0.0/4"),
        *("255.255.255.255/32", "240.0.0.0/4", "fe80::/10", "fd00:ec2::/32", "ff00::/8", "::/128"),
    )
)
"""Link-local, metadata services, nowhere and everybody: never, whatever was asked for."""
_FAKE = ipaddress.ip_network("198.18.0.0/15")
"""Local proxies answer name lookups with these and forward the connection; TLS still proves the host."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_PORTS = frozenset((0, 1, 7, 9, 19, 20, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 993, 995))
_SERVICES = frozenset((2049, 2375, 2379, 3306, 5432, 5900, 6379, 9200, 10250, 11211, 27017))


def check(url: str, *, private: bool = False) -> str:
    """Return the address without a slash at its end; raises ConfigError that says which rule it breaks."""
    reason = fault(url, private=private)
    if reason is not None:
        raise ConfigError.of([Fault(key="address." + reason, facts={"host": shown(url)})])
    return url.rstrip("/")


def fault(url: str, *, private: bool = False) -> str | None:
    """Return the name of the rule that an address breaks, or None."""
    if any(ord(character) <= 32 or ord(character) == 127 for character in url) or "\\" in url:
        return "form"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "form"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "scheme"
    if "@" in parts.netloc or "?" in url or "#" in url:
        return "secret"
    reason = _host_fault(parts, private)
    if reason is None and port is not None and (port in _PORTS or (port in _SERVICES and not private)):
        return None if is_loopback(parts.hostname) else "port"
    return reason


def _host_fault(parts: SplitResult, private: bool) -> str | None:
    host = parts.hostname or ""
    address = literal(host)
    if address is None:
        reason = _name_fault(host)
        if reason is None and parts.scheme == "http" and not (private or is_loopback(host)):
            return "plain"
        return reason
    if forbidden(address):
        return "forbidden"
    if address.is_loopback:
        return None
    if not address.is_global:
        return None if private else "private"
    return "plain" if parts.scheme == "http" else None


def _name_fault(host: str) -> str | None:
    """Return what is wrong with a host name: a disguised number, a metadata service, letters of other scripts."""
    if not host.isascii():
        return "script"
    labels = host.split(".")
    if host.lower() in _METADATA:
        return "forbidden"
    if _NUMBER.fullmatch(labels[-1]) or not all(_LABEL.fullmatch(label) for label in labels):
        return "name"
    return None


def literal(host: str) -> Address | None:
    """Return the address that a host writes out, with an IPv4 address inside an IPv6 one taken out; None: a name."""
    try:
        return unwrap(ipaddress.ip_address(host.partition("%")[0] if ":" in host else host))
    except ValueError:
        return None


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries (mapped, 6to4, Teredo, NAT64, compatible), or the address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    number = int(address)
    if address in _TRANSLATED or 1 < number < 2**32:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return address


def forbidden(address: Address) -> bool:
    """Return whether nothing may ever be sent there."""
    return any(address.version == net.version and address in net for net in _FORBIDDEN)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its written form."""
    address = literal(host)
    if address is not None:
        return address.is_loopback
    return host.lower() == "localhost" or host.lower().endswith(".localhost")


def allowed(host: str, resolved: str, *, private: bool, plain: bool) -> bool:
    """Return whether a connection to an address that `host` resolved to is allowed; `plain`: without TLS."""
    address = literal(resolved)
    if address is None or forbidden(address):
        return False
    if is_loopback(host):
        return address.is_loopback
    if address.is_global:
        return not plain
    return private or (address.version == 4 and address in _FAKE and not plain)


def shown(url: str) -> str:
    """Return the host of an address for people, without whatever else is in it."""
    rest = url.partition("://")[2] or url
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    return "".join(c if c.isprintable() else "?" for c in host)[:100]


def label(text: str) -> str:
    """Return a part of a host name; raises ConfigError if it could be more than that."""
    if not _LABEL.fullmatch(text):
        raise ConfigError.of([Fault(key="address.name", facts={"host": text[:100]})])
    return text


def fits(template: str, host: str) -> bool:
    """Return whether `host` is the host of an address in which `{name}` stands for one label."""
    wanted = re.split(r"\{[a-z_]+\}", template.partition("://")[2].partition("/")[0].partition(":")[0])
    return re.fullmatch("[a-z0-9-]+".join(re.escape(part) for part in wanted), host.lower()) is not None
