"""Who may ask: a token, names under which the service is asked for, and no other site's pages."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from mgfusion.errors import OptionError
from mgfusion.service.refusals import Refusal

COOKIE = "mgfusion_page"
SHORTEST_TOKEN = 16
"""Characters of a token at least: a shorter one can be guessed."""
OPEN_PATHS = ("/healthz", "/readyz", "/login", "/favicon.ico", "/manifest.json")
"""What needs no token: checks that say nothing of anybody's pictures, the page that asks for it, its icon."""
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether an address that is listened at is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name, whose address may be anything
        return False


@dataclass(frozen=True)
class Access:
    """The rules of one service.

    Attributes:
        host: the address that is listened at.
        token: what a request must bring; None: nothing.
        names: further host names under which the service without a token may be asked for.
    """

    host: str = "127.0.0.1"
    token: str | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def checked(
        cls, host: str, token: str | None = None, *, insecure: bool = False, names: tuple[str, ...] = ()
    ) -> "Access":
        """The rules, where they are safe.

        Raises:
            OptionError: reached from other machines without a token (unless ``insecure``), or a token that
                is short or not ASCII.
        """
        if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii()):
            raise OptionError(
                f"token of {len(token)} characters: give {SHORTEST_TOKEN} or more of ASCII; "
                "python3 -c 'import secrets; print(secrets.token_urlsafe())' prints one"
            )
        if token is None and not insecure and not is_loopback(host):
            raise OptionError(
                f"host {host}: can be reached from other machines; set MGFUSION_TOKEN or give --token-file, "
                "or --insecure to let everybody in"
            )
        return cls(host, token, names)

    def check(self, path: str, headers: dict[str, str]) -> None:
        """Let a request through or not.

        Args:
            path: of the URL.
            headers: names in lower case.

        Raises:
            Refusal: 401 without the token, 403 for another site's page or another name.
        """
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refusal(403, "other_origin", "asked from another site's page, which is not allowed")
        if self.token is None:
            if is_loopback(self.host) and not self._is_our_name(host):
                raise Refusal(
                    403,
                    "other_host",
                    f"asked for as {host[:100]!r}; use localhost, or allow the name with --allow-host",
                )
        elif path not in OPEN_PATHS and not self._has_token(headers):
            raise Refusal(401, "no_token", "give the token: Authorization: Bearer TOKEN; a browser at /login")

    def page_cookie(self) -> str:
        """What the page's cookie holds: proof of the token, and not the token."""
        return hmac.new((self.token or "").encode(), b"page", hashlib.sha256).hexdigest()

    def is_token(self, given: str) -> bool:
        """Compare in a time that tells nothing of how much is right."""
        return self.token is not None and _same(given, self.token)

    def _has_token(self, headers: dict[str, str]) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_token(given.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self.page_cookie())

    def _is_our_name(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in _LOOPBACK_NAMES or name == self.host or name in self.names


def _same(given: str, right: str) -> bool:
    digests = (hashlib.sha256(text.encode(errors="replace")).digest() for text in (given, right))
    return hmac.compare_digest(*digests)
