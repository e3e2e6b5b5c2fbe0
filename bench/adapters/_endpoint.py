"""What the adapters of services share: address, key, provider, identity, and the one connection pool."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from bench import addresses, providers
from bench.adapters import _classify, _http, _local
from bench.adapters._http import Client, Response
from bench.adapters._resolver import Resolver
from bench.adapters._secrets import Redactor
from bench.errors import ConfigError, Fault
from bench.providers import Provider
from bench.types import Model, PerMinute, Reply, Sampling

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_FROM_ENVIRONMENT = "env:"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model of a service may set in `options`."""

    max_in_flight: Annotated[int, msgspec.Meta(ge=1)] = 64
    requests_per_minute: Annotated[int, msgspec.Meta(ge=1)] | None = None
    tokens_per_minute: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Input and output together, as the account's limit counts them."""
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 120
    extra: dict[str, Any] = {}
    """Further keys of the request body; null takes a provider's own key away."""
    region: str | None = None
    fill: dict[str, str] = {}
    """Parts of the provider's address, such as `resource`."""
    allow_private: bool = False
    proxy: str | None = None
    """An address, or `env:NAME` for one with a password."""


class Endpoint:
    """One model at one address. `open` and `close` stand around `post`."""

    def __init__(self, model: Model, environ: Mapping[str, str], *, provider: str, path: str) -> None:
        self.options = _local.options(model, Options)
        self.provider = providers.load(model.provider or provider)
        adapter = providers.load(provider).adapter
        if self.provider.adapter != adapter:
            facts: dict[str, object] = {"name": self.provider.provider, "adapter": self.provider.adapter}
            raise ConfigError.of([Fault(key="provider.other_adapter", facts=facts)])
        check_headers(self.provider.headers)
        self.model = model
        self.name = model.name or model.model
        self.url = address(model, self.provider, self.options) + path
        self._host = urlsplit(self.url).hostname or ""
        self.key, self._variable = find_key(model, self.provider, self._host, environ)
        self._proxy, secret = find_proxy(self.options.proxy, environ)
        check_plain(self.url, self._proxy, self.options.allow_private)
        self.redactor = Redactor((self.key, secret))
        self.extra = additions(model, self.provider, self.options)
        self._parameters: dict[Sampling, dict[str, Any]] = {}

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that decides how the model answers; never the key."""
        _, changed = self._effective(self.model.parameters)
        return {
            "adapter": self.provider.adapter,
            "provider": self.provider.provider,
            "model": self.name,
            "endpoint": self.url,
            "thinking": self.model.thinking,
            "extra": self.extra,
            "effective": changed,
        }

    @property
    def per_minute(self) -> PerMinute | None:
        """The most that the account may ask in a minute, if the model file says so."""
        most = PerMinute(requests=self.options.requests_per_minute, tokens=self.options.tokens_per_minute)
        return most if most.requests or most.tokens else None

    def parameters(self, sampling: Sampling) -> dict[str, Any]:
        """Return the parameters as the provider takes them."""
        found = self._parameters.get(sampling)
        if found is None:
            found = self._parameters[sampling] = self._effective(sampling)[0]
        return found

    def _effective(self, sampling: Sampling) -> tuple[dict[str, Any], dict[str, str]]:
        return providers.effective(self.provider, sampling, self.name, self.model.thinking)

    def check(self) -> None:
        """Raise EnvironmentFault if a key is needed and not there."""
        if self.key is None and self._variable and not addresses.is_loopback(self._host):
            raise _http.missing_key(self._variable)

    async def open(self) -> None:
        """Open the connection pool; raises EnvironmentFault if a key is needed and not there."""
        self.check()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **self.provider.headers}
        if self.key:
            bearer = self.provider.key_header == "Authorization"
            headers[self.provider.key_header] = f"Bearer {self.key}" if bearer else self.key
        private = self.options.allow_private or self._proxy is not None
        plain = self.url.startswith("http:") and self._proxy is None
        self._client = Client(
            headers,
            connections=self.options.max_in_flight,
            timeout=self.options.timeout,
            proxy=self._proxy,
            resolver=Resolver(private=private, plain=plain),
        )
        await self._client.__aenter__()

    async def close(self) -> None:
        """Close the connection pool."""
        await self._client.__aexit__(None, None, None)

    async def post(self, body: bytes) -> Response:
        """Return the response to one request."""
        return await self._client.post(self.url, body)

    def failure(self, response: Response, text: str = "") -> Reply:
        """Return the reply for a failure that is an outcome (filter, length); raise for all others."""
        verdict = _classify.judge(self.provider, response.status, response.body)
        reply = _classify.outcome(verdict, response, self.redactor, text)
        return self.finished(msgspec.structs.replace(reply, request_id=self.request_id(response)))

    def request_id(self, response: Response) -> str | None:
        """Return the number that the vendor gave the request, from the headers."""
        for name in self.provider.request_id:
            found = response.headers.get(name)
            if found:
                return found
        return None

    def finished(self, reply: Reply) -> Reply:
        """Return a reply without keys."""
        return self.redactor.reply(reply)


def address(model: Model, provider: Provider, options: Options) -> str:
    """Return the checked base address: the model's own, else the provider's in the wanted region."""
    url = model.base_url or providers.base_url(provider, options.region, options.fill)
    if url is None:
        raise ConfigError.of([Fault(key="model.needs_url", facts={"model": model.model})])
    return addresses.check(url, private=options.allow_private)


def find_key(model: Model, provider: Provider, host: str, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the key, and the variable to name if it is missing (None: no key is needed).

    A provider's own variables are read only for its own hosts: a key never goes to another one by default.
    """
    if model.key_env is not None:
        variables: tuple[str, ...] = (variable(model.key_env),)
    else:
        variables = provider.key_env if providers.owns(provider, host) else ()
    for name in variables:
        if key := environ.get(name, "").strip():
            return clean_key(key, name), name
    needed = bool(variables) and (provider.key_needed or model.key_env is not None)
    return None, variables[0] if needed else None


def variable(name: str) -> str:
    """Return the name of an environment variable; a key written in its place is refused and not shown."""
    if not _VARIABLE.fullmatch(name):
        raise ConfigError.of([Fault(key="model.bad_key_env")])
    return name


def clean_key(key: str, name: str) -> str:
    """Return a key that can stand in a header; raises ConfigError that shows only the variable's name."""
    if not key.isascii() or not key.isprintable():
        raise ConfigError.of([Fault(key="model.bad_key", facts={"name": name})])
    return key


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise ConfigError for a provider's header that could be more than one line."""
    for name, value in headers.items():
        if not (name.isascii() and f"{name}{value}".isprintable() and ":" not in name):
            raise ConfigError.of([Fault(key="provider.bad_header", facts={"name": ascii(name)})])


def find_proxy(wish: str | None, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the proxy's address and the password in it, if any; only `env:NAME` may hold one."""
    if wish is None:
        return None, None
    named = wish.startswith(_FROM_ENVIRONMENT)
    name = variable(wish.removeprefix(_FROM_ENVIRONMENT)) if named else ""
    url = environ.get(name, "") if named else wish
    if named and not url:
        raise _http.missing_key(name)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or (not named and "@" in parts.netloc):
        raise ConfigError.of([Fault(key="provider.bad_proxy")])
    return url, parts.password


def check_plain(url: str, proxy: str | None, private: bool) -> None:
    """Raise ConfigError for http through a proxy elsewhere: it reads the key, and `localhost` is its own machine."""
    host = urlsplit(proxy or "").hostname
    if host and url.startswith("http:") and not (private or addresses.is_loopback(host)):
        raise ConfigError.of([Fault(key="address.plain", facts={"host": host})])


def additions(model: Model, provider: Provider, options: Options) -> dict[str, Any]:
    """Return the further keys of each request: the provider's, the thinking switch, the model's own."""
    switch = {"on": provider.thinking.on, "off": provider.thinking.off}.get(model.thinking or "") or {}
    merged = {**provider.extra, **switch, **options.extra}
    return {name: value for name, value in merged.items() if value is not None}
