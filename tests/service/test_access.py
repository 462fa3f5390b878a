"""Who is let in."""

import pytest

from mgfusion.errors import OptionError
from mgfusion.service.access import COOKIE, Access, is_loopback
from mgfusion.service.refusals import Refusal

TOKEN = "a-token-of-thirty-two-characters"


def let_in(access: Access, path: str = "/v1/fuse", **headers: str) -> bool:
    try:
        access.check(path, {"host": "127.0.0.1:7860", **headers})
    except Refusal as refusal:
        assert refusal.status in (401, 403)
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_this_machine_needs_no_token(host):
    assert is_loopback(host) and Access.checked(host).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "camera.example", ""])
def test_beyond_it_a_token_is_needed_or_said_not_to_be(host):
    with pytest.raises(OptionError, match=r"MGFUSION_TOKEN.*--token-file.*--insecure"):
        Access.checked(host)
    assert Access.checked(host, insecure=True).token is None
    assert Access.checked(host, TOKEN).token == TOKEN


@pytest.mark.parametrize("token", ["", "short", "ä" * 20])
def test_a_token_that_can_be_guessed_is_none(token):
    with pytest.raises(OptionError, match="give 16 or more"):
        Access.checked("0.0.0.0", token)


def test_the_token_opens_and_nothing_near_it():
    access = Access.checked("0.0.0.0", TOKEN)
    assert let_in(access, authorization=f"Bearer {TOKEN}") and let_in(
        access, authorization=f"bearer  {TOKEN} "
    )
    for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", "\udcff"):
        assert not let_in(access, authorization=f"Bearer {wrong}")
    assert not let_in(access) and not let_in(access, authorization=TOKEN)
    assert not let_in(access, cookie=f"{COOKIE}={TOKEN}")  # the cookie is proof of it, never itself
    assert let_in(access, cookie=f"a=b; {COOKIE}={access.page_cookie()}")
    assert access.is_token(TOKEN) and not access.is_token("") and not Access().is_token("")


def test_what_says_nothing_of_pictures_is_open_and_nothing_else_is():
    access = Access.checked("0.0.0.0", TOKEN)
    assert all(let_in(access, path) for path in ("/healthz", "/readyz", "/login"))
    assert not any(
        let_in(access, path) for path in ("/", "/metrics", "/docs", "/openapi.json", "/healthz/../")
    )


def test_names_that_lead_here_by_somebody_elses_dns_are_refused():
    access = Access()
    assert all(let_in(access, host=h) for h in ("localhost", "127.0.0.1:1", "[::1]:7860"))
    assert not any(let_in(access, host=h) for h in ("evil.example", "", "localhost.evil.example", "[", "a@b"))
    assert let_in(Access(names=("camera.lan",)), host="camera.lan:7860")
    assert let_in(Access.checked("0.0.0.0", insecure=True), host="anything")


def test_pages_of_other_sites_are_refused():
    for access in (Access(), Access.checked("0.0.0.0", TOKEN)):
        allowed = {"authorization": f"Bearer {TOKEN}"}
        assert let_in(access, origin="http://127.0.0.1:7860", **allowed)
        for origin in (
            "null",
            "http://127.0.0.1:80",
            "https://evil.example",
            "http://127.0.0.1:7860.evil.example",
        ):
            assert not let_in(access, origin=origin, **allowed)
