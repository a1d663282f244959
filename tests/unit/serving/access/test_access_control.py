"""Who may call: key, environment, address, role and rate, each refused with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from otokui.domain import DAY, Instant
from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.ports.access import KeyRecord
from otokui.settings.service.service import Access, Environment, Service
from serving.http.gate import Caller, Denied
from tests.unit.serving.access_book import NOON, AccessBook, gate

KEYS = Service(access=Access.KEYS)
SENDERS = frozenset({Role.SEND_ENGINE})
HERE = {"client": ("203.0.113.7", 40_000), "server": ("198.51.100.1", 3_000)}


def made(role: Role = Role.SEND_ENGINE, environment: Environment = Environment.DEVELOPMENT, **more: Any) -> tuple[ApiKey, KeyRecord]:
    """A key and its record, with dull defaults."""
    key = ApiKey.make(environment, role)
    dull = {"key_id": "key-1", "note": "", "networks": (), "requests_per_minute": None, "created_at": Instant(0)}
    return key, KeyRecord(digest=key.digest, environment=environment, role=role, **{**dull, **more})


def bearer(key: ApiKey | str) -> dict[bytes, bytes]:
    """The header that carries a key."""
    return {b"authorization": b"Bearer " + (key.text if isinstance(key, ApiKey) else key).encode()}


def denied(book: AccessBook, headers: dict[bytes, bytes], settings: Service = KEYS, scope: Any = HERE) -> Denied:
    """The refusal of a call that send engines may make."""
    with pytest.raises(Denied) as caught:
        gate(book, settings).admit("decisions", SENDERS, headers, scope)
    return caught.value


class TestKeys:
    def test_a_key_with_the_role_is_admitted_and_its_use_is_noted(self) -> None:
        """The caller is the key's id, never the key; the next refresh stores the time."""
        key, record = made()
        book = AccessBook([record])
        control = gate(book, KEYS)

        caller = control.admit("decisions", SENDERS, bearer(key), HERE)
        control.keys.refresh()

        assert caller == Caller("key-1", Role.SEND_ENGINE, "203.0.113.7")
        assert book.used == {"key-1": NOON}

    @pytest.mark.parametrize("headers", [{}, {b"authorization": b""}, {b"authorization": b"Bearer"}, {b"authorization": b"Bearer "}])
    def test_no_key_is_401_with_a_challenge(self, headers: dict[bytes, bytes]) -> None:
        """A client learns how to authenticate."""
        refusal = denied(AccessBook([made()[1]]), headers)
        assert (refusal.problem.status, refusal.headers["www-authenticate"]) == (401, 'Bearer realm="otokui"')

    def test_what_is_no_key_is_401(self) -> None:
        """Another scheme, a mistyped character, a key with more behind it, bytes that are no text."""
        key, record = made()
        mistyped = key.text[:-1] + ("0" if key.text[-1] != "0" else "1")
        wrong = [
            {b"authorization": b"Basic " + key.text.encode()},
            *(bearer(text) for text in (mistyped, key.text + "0", "otk_", "x" * 9_000)),
        ]
        wrong.append({b"authorization": b"Bearer \xff\xfe"})

        assert [denied(AccessBook([record]), headers).problem.status for headers in wrong] == [401] * 6

    def test_a_stranger_key_is_401(self) -> None:
        """Of the right form, and made by nobody here."""
        assert denied(AccessBook([made()[1]]), bearer(made()[0])).problem.type == "/problems/unknown-key"

    @pytest.mark.parametrize("change", [{"revoked_at": NOON}, {"expires_at": NOON}, {"revoked_at": Instant(NOON - DAY)}])
    def test_a_key_that_ended_is_401(self, change: dict[str, Instant]) -> None:
        """Revoked or expired, from that second on."""
        key, record = made(**change)
        assert denied(AccessBook([record]), bearer(key)).problem.status == 401

    def test_a_key_that_ends_later_works(self) -> None:
        """An expiry is the first second in which it does not."""
        key, record = made(expires_at=Instant(NOON + 1))
        assert gate(AccessBook([record]), KEYS).admit("decisions", SENDERS, bearer(key), HERE).who == "key-1"

    @pytest.mark.parametrize("environment", list(Environment))
    def test_a_key_of_the_other_environment_never_works(self, environment: Environment) -> None:
        """Not even where its record was copied along with the database."""
        (other,) = set(Environment) - {environment}
        key, record = made(environment=other)
        settings = Service(access=Access.KEYS, environment=environment)

        assert denied(AccessBook([record]), bearer(key), settings).problem.type == "/problems/environment"
        assert denied(AccessBook([replace(record, environment=environment)]), bearer(key), settings).problem.status == 401

    def test_a_record_with_another_role_does_not_work(self) -> None:
        """A row that was altered in the database gives a key no rights that it does not name itself."""
        key, record = made(Role.CONTENT)
        assert denied(AccessBook([replace(record, role=Role.SEND_ENGINE)]), bearer(key)).problem.status == 401

    def test_another_role_is_403_and_names_those_that_may(self) -> None:
        """Whoever reads it knows which key to ask for."""
        key, record = made(Role.ANALYST)
        refusal = denied(AccessBook([record]), bearer(key))

        assert (refusal.problem.status, refusal.caller.who) == (403, "key-1")
        assert "send_engine" in refusal.problem.fix

    def test_no_refusal_repeats_the_key(self) -> None:
        """Nor any part of it."""
        key, record = made(Role.ANALYST)
        for refusal in (denied(AccessBook([record]), bearer(key)), denied(AccessBook(), bearer(key))):
            assert key.text[-30:-10] not in repr(refusal.problem)
        assert key.text not in repr(key)


class TestAddresses:
    NETWORKS = ("10.0.0.0/8", "2001:db8::/32")

    @pytest.mark.parametrize("host", ["10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"])
    def test_inside_the_list_is_admitted(self, host: str) -> None:
        """IPv4, IPv6, and IPv4 inside IPv6."""
        key, record = made(networks=self.NETWORKS)
        assert gate(AccessBook([record]), KEYS).admit("decisions", SENDERS, bearer(key), HERE | {"client": (host, 1)}).who == "key-1"

    @pytest.mark.parametrize("client", [("11.0.0.1", 1), ("2001:db9::1", 1), ("taro@example.com", 0), ("", 0), None])
    def test_outside_the_list_or_unknown_is_403(self, client: tuple[str, int] | None) -> None:
        """What is no address is in no network."""
        key, record = made(networks=self.NETWORKS)
        assert denied(AccessBook([record]), bearer(key), scope=HERE | {"client": client}).problem.type == "/problems/address"


class TestRates:
    def test_more_calls_than_a_minute_holds_are_429_with_a_time(self) -> None:
        """And another key is not held up by it."""
        key, record = made(requests_per_minute=3)
        other, of_other = made(key_id="key-2")
        control = gate(AccessBook([record, of_other]), KEYS)
        for _ in range(3):
            control.admit("decisions", SENDERS, bearer(key), HERE)

        with pytest.raises(Denied) as caught:
            control.admit("decisions", SENDERS, bearer(key), HERE)

        assert caught.value.problem.status == 429
        assert 1 <= int(caught.value.headers["retry-after"]) <= 60
        assert control.admit("decisions", SENDERS, bearer(other), HERE).who == "key-2"


class TestOpenAccess:
    @pytest.mark.parametrize("server", [("127.0.0.1", 3_000), ("::1", 3_000), ("/run/otokui.sock", None), None])
    def test_programs_of_this_machine_need_no_key(self, server: Any) -> None:
        """Over the loopback or a socket file."""
        caller = gate(AccessBook(), Service()).admit("decisions", SENDERS, {}, {"client": ("127.0.0.1", 1), "server": server})
        assert (caller.who, caller.role) == ("open", None)

    def test_another_address_of_the_machine_is_403(self) -> None:
        """However the service was started."""
        assert denied(AccessBook(), {}, Service()).problem.type == "/problems/open-access"

    @pytest.mark.parametrize("header", [b"x-forwarded-for", b"forwarded"])
    def test_what_a_proxy_passes_on_is_403(self, header: bytes) -> None:
        """A proxy on the loopback would otherwise open it to everybody."""
        scope = {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 3_000)}
        assert denied(AccessBook(), {header: b"203.0.113.7"}, Service(), scope).problem.status == 403

    def test_probes_need_no_key(self) -> None:
        """Whatever the access."""
        assert gate(AccessBook(), KEYS).admit("other", None, {}, HERE).who == ""
