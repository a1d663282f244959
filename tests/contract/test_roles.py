"""Role × call: every cell of the table, tried over the real application with a stub behind each call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from otokui.domain import Instant
from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.ports.access import KeyRecord
from otokui.settings.service.service import Access, Environment, Service
from serving.access.access_control import AccessControl
from serving.access.api_key_cache import ApiKeyCache
from serving.access.audit_trail import AuditTrail
from serving.http.asgi import HttpApp
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import Reader
from serving.routes.registry import OPERATIONS
from serving.wiring import PERSONAL

NOW = Instant(1_743_476_400)
KEYS = {role: ApiKey.make(Environment.PRODUCTION, role) for role in Role}
SETTINGS = Service(environment=Environment.PRODUCTION, access=Access.KEYS)
ANSWERED = 299

PERMITTED = {
    "/v1/decisions": {Role.SEND_ENGINE, Role.ADMIN},
    "/v1/predictions": {Role.SEND_ENGINE, Role.ADMIN},
    "/v1/feedback": {Role.SEND_ENGINE, Role.ADMIN},
    "/v1/events": {Role.SHOP_FEED, Role.ADMIN},
    "/v1/customers": {Role.ADMIN},
}
"""Rights that must not change by a slip in a registration, by the beginning of the path."""


class Book:
    """Keys of every role; audit lines are thrown away."""

    def key_records(self) -> list[KeyRecord]:
        return [KeyRecord(f"key-{role}", key.digest, Environment.PRODUCTION, role, "", (), None, NOW) for role, key in KEYS.items()]

    def mark_used(self, last_used_at: Any) -> None:
        """Keep nothing."""

    def append(self, entries: Any) -> None:
        """Keep nothing."""


async def stub(_: Call) -> HttpResponse:
    """Answer whatever is let in."""
    return HttpResponse(b"{}", ANSWERED)


@pytest.fixture(scope="module")
def http() -> TestClient:
    """The application with every registered call, and keys."""
    book = Book()
    gate = AccessControl(SETTINGS, ApiKeyCache(lambda: book, lambda: NOW), AuditTrail(lambda: book, lambda: NOW), lambda: NOW)
    gate.keys.refresh()
    reader = Reader(1 << 20, 5.0, most=8, most_bytes=1 << 23)
    return TestClient(
        HttpApp([(each, stub) for each in OPERATIONS], reader, max_concurrency=8, timeout_seconds=5.0, gate=gate, personal=PERSONAL)
    )


def status(http: TestClient, operation: Operation, key: ApiKey | None) -> int:
    """Call it as its documentation does; return the status."""
    path = operation.path.format_map(dict.fromkeys(operation.named, "x"))
    headers = {"content-type": operation.accepts[0]} | ({} if key is None else {"authorization": f"Bearer {key.text}"})
    body = b"" if operation.takes is None else msgspec.json.encode(operation.example)
    return http.request(operation.method, path, content=body, headers=headers).status_code


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
class TestEveryCell:
    def test_a_role_is_admitted_where_it_is_registered_and_nowhere_else(self, http: TestClient, operation: Operation) -> None:
        """403 in every other cell; a probe asks for nothing."""
        cells = {role: status(http, operation, key) for role, key in KEYS.items()}

        permitted = set(Role) if operation.roles is None else operation.roles
        assert cells == {role: ANSWERED if role in permitted else 403 for role in Role}

    def test_without_a_key_only_probes_are_answered(self, http: TestClient, operation: Operation) -> None:
        """401 for everything else, before a body is read."""
        assert status(http, operation, None) == (ANSWERED if operation.roles is None else 401)

    def test_a_key_of_the_other_environment_is_a_stranger(self, http: TestClient, operation: Operation) -> None:
        """Whatever its role."""
        found = {status(http, operation, ApiKey.make(Environment.DEVELOPMENT, role)) for role in Role}
        assert found == {ANSWERED if operation.roles is None else 401}

    def test_rights_are_those_agreed(self, http: TestClient, operation: Operation) -> None:
        """The table above holds, whatever a registration says."""
        agreed = next((roles for path, roles in PERMITTED.items() if operation.path.startswith(path)), None)
        assert agreed is None or operation.roles == agreed
        assert operation.roles is None or Role.ADMIN in operation.roles
