"""Ids that name a person are refused, and no refusal repeats what could name one."""

from __future__ import annotations

import pytest

from tests.unit.serving.conftest import World

PEOPLE = ("taro@example.com", "090-1234-5678", "+81 90 1234 5678", "taro＠example.com", "０９０-1234-5678")
PLAIN = ("c-17", "20250401-0001", "550e8400-e29b-41d4-a716-446655440000", "09012345678", "顧客17", "order-1001-22")


@pytest.mark.parametrize("person", PEOPLE)
class TestPeople:
    def test_a_customer_id_is_refused_and_neither_stored_nor_repeated(
        self, world: World, person: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """422 with the field's path, for decisions and predictions."""
        body = {"customers": [{"customer_id": "ada"}, {"customer_id": person}]}
        replies = [world.http.post(path, json=body) for path in ("/v1/decisions", "/v1/predictions")]

        assert [(reply.status_code, reply.json()["field"]) for reply in replies] == [(422, "$.customers[1].customer_id")] * 2
        assert world.book.logged == []
        captured = capsys.readouterr()
        assert person not in "".join(reply.text for reply in replies) + captured.out + captured.err

    def test_a_request_key_is_refused(self, world: World, person: str) -> None:
        """In the body, and in the header where it can stand in one."""
        reply = world.decide("ada", request_id=person)
        assert (reply.status_code, reply.json()["field"], person in reply.text) == (422, "$.request_id", False)
        if person.isascii():
            reply = world.decide("ada", headers={"Idempotency-Key": person})
            assert (reply.status_code, reply.json()["field"], person in reply.text) == (422, "Idempotency-Key", False)

    def test_a_path_is_refused_and_not_repeated(self, world: World, person: str) -> None:
        """Of a call that is there, and of one that is not."""
        for path, status in ((f"/v1/decisions/{person}", 422), (f"/v1/people/{person}", 404)):
            reply = world.http.get(path)
            assert (reply.status_code, person in reply.text, "[hidden]" in reply.json()["instance"]) == (status, False, True)


@pytest.mark.parametrize("plain", PLAIN)
def test_ordinary_ids_are_taken(world: World, plain: str) -> None:
    """Numbers of orders and customers, UUIDs and dates are no phone numbers."""
    assert world.decide(plain, request_id=plain).status_code == 200
    assert world.http.get(f"/v1/decisions/{plain}").status_code == 404


@pytest.mark.parametrize(
    "body", ['{"customers":[{"customer_id":"ada"}],"taro@example.com":1}', '{"customers":[{"customer_id":"a"}],"as_of":"taro@example.com"}']
)
def test_what_the_parser_quotes_is_hidden(world: World, body: str) -> None:
    """An unknown field is named unless its name is personal data."""
    reply = world.http.post("/v1/decisions", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, "taro" in reply.text) == (422, False)


def test_a_misspelt_field_is_still_named(world: World) -> None:
    """Hiding everything would help nobody."""
    assert "dry_rum" in world.decide("ada", dry_rum=True).json()["detail"]


def test_a_name_in_a_path_is_not_repeated(world: World) -> None:
    """Names are not refused in ids, where words are allowed, and not shown either."""
    assert "山田太郎" not in world.http.get("/v1/decisions/山田太郎").text
