"""The shared suite of all dialects: each is found by the registry, and its recorded payloads by its name."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks.webhooks import Webhook

from otokui.events.feedback import FeedbackItem
from otokui.events.items import EventItem
from otokui.identity.hashing import pseudonym
from serving.dialects.dialect_registry import dialects
from serving.dialects.reading import Dialect, DialectReading, ReadingContext
from serving.dialects.signatures import EcdsaScheme, HmacScheme, StandardWebhooksScheme
from serving.dialects.webhook import WebhookSecret, dialect_named, read_webhook
from serving.http.problems import Refused

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_796_000_000.0
CONTEXT = ReadingContext(channels=("email", "sms", "push", "line"), attributes=("rank",), timezone="Asia/Tokyo")
KEY = ec.derive_private_key(20_261_201, ec.SECP256R1())
CANARIES = ("example.com", "花", "佐藤", "Hana", "Sato", "090-0000", "90-0000", "1-2-3", "192.0.2")


def deliveries(dialect: str) -> list[dict[str, Any]]:
    return list(json.loads((PAYLOADS / f"{dialect}.json").read_text(encoding="utf-8")))


RECORDED = [
    pytest.param(dialects()[path.stem], delivery, id=f"{path.stem}-{position}")
    for path in sorted(PAYLOADS.glob("*.json"))
    for position, delivery in enumerate(deliveries(path.stem))
]
EVERY = pytest.mark.parametrize("dialect", dialects().values(), ids=list(dialects()))


def secret_of(dialect: Dialect) -> str:
    if isinstance(dialect.scheme, EcdsaScheme):
        return base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return "whsec_" + base64.b64encode(b"a secret of a shop, 24 b").decode()


def signed(dialect: Dialect, body: bytes, headers: dict[str, str], at: float = NOW) -> dict[bytes, bytes]:
    """The headers of a call as the provider signs it."""
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    scheme, secret, moment = dialect.scheme, secret_of(dialect), str(int(at)).encode()
    if isinstance(scheme, HmacScheme):
        sent |= {scheme.timestamp: moment} if scheme.timestamp else {}
        before, after = (text.encode().replace(b"{timestamp}", moment) for text in (scheme.before, scheme.after))
        made = hmac.new(secret.encode(), before + body + after, scheme.digest).digest()
        return sent | {scheme.header: base64.b64encode(made) if scheme.base64 else made.hex().encode()}
    if isinstance(scheme, EcdsaScheme):
        made = KEY.sign(moment + body, ec.ECDSA(SHA256()))
        return sent | {scheme.timestamp: moment, scheme.header: base64.b64encode(made)}
    assert isinstance(scheme, StandardWebhooksScheme)
    made_text = Webhook(secret).sign("msg_1", datetime.fromtimestamp(int(at), UTC), body.decode())
    return sent | {b"webhook-id": b"msg_1", b"webhook-timestamp": moment, b"webhook-signature": made_text.encode()}


def read(dialect: Dialect, delivery: dict[str, Any], context: ReadingContext = CONTEXT) -> DialectReading:
    body = json.dumps(delivery["body"], ensure_ascii=False).encode()
    headers = signed(dialect, body, delivery.get("headers", {}))
    return read_webhook(dialect, headers, body, secret=WebhookSecret("X", secret_of(dialect), True), context=context, now=NOW)


def shown(item: EventItem | FeedbackItem) -> dict[str, Any]:
    """An item as JSON, without the fields that hold their default."""
    fields = msgspec.to_builtins(item)
    defaults = {f.name: f.default for f in msgspec.structs.fields(item)}
    return {name: value for name, value in _bare(fields).items() if value != defaults.get(name, ...) and value != []}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(inner) for name, inner in value.items() if inner is not None}
    return [_bare(each) for each in value] if isinstance(value, list) else value


class TestEveryDialect:
    @EVERY
    def test_has_recorded_payloads(self, dialect: Dialect) -> None:
        """Each has calls that become items, that are ignored and that are refused."""
        recorded = deliveries(dialect.name)
        assert any(call["items"] for call in recorded)
        assert any(call.get("ignored") for call in recorded)
        assert any(call.get("refused") for call in recorded)

    @pytest.mark.parametrize(("dialect", "delivery"), RECORDED)
    def test_reads_items(self, dialect: Dialect, delivery: dict[str, Any]) -> None:
        """A recorded call gives these items, refusals and counts, and nothing else."""
        reading = read(dialect, delivery)
        assert [shown(item) for item in reading.items] == delivery["items"]
        assert [refused.rule for refused in reading.refused] == delivery.get("refused", [])
        assert dict(reading.ignored) == delivery.get("ignored", {})
        assert dict(reading.stripped) == delivery.get("stripped", {})
        assert all(refused.fix for refused in reading.refused)

    @EVERY
    def test_no_personal_data_passes(self, dialect: Dialect) -> None:
        """No item, refusal or count holds a name, an address, a phone number or an e-mail address of a payload."""
        for delivery in deliveries(dialect.name):
            reading = read(dialect, delivery)
            text = json.dumps([[shown(item) for item in reading.items], [str(each) for each in reading.refused], dict(reading.ignored)])
            assert not [canary for canary in CANARIES if canary in json.loads(f"[{json.dumps(text)}]")[0]]

    @EVERY
    def test_an_address_becomes_a_pseudonym_with_the_shops_key(self, dialect: Dialect) -> None:
        """What is refused for want of an id is read under the pseudonym that ingestion gives the same address."""
        context = with_key(CONTEXT, b"0123456789abcdef")
        wanting = [call for call in deliveries(dialect.name) if "personal_data" in call.get("refused", [])]
        for delivery in wanting:
            reading = read(dialect, delivery, context)
            assert not [refused for refused in reading.refused if refused.rule == "personal_data"]
            named = {item.customer_id for item in reading.items if hasattr(item, "customer_id")}
            addresses = [word for word in json.dumps(delivery["body"]).split('"') if word.endswith("@example.com")]
            assert named & {pseudonym(address, context.hash_key) for address in addresses}


class TestSignatures:
    @EVERY
    def test_a_changed_body_is_refused(self, dialect: Dialect) -> None:
        """One byte more, and the call is answered 401 before anything of it is parsed."""
        headers = signed(dialect, b"{}", {})
        with pytest.raises(Refused) as refused:
            read_webhook(dialect, headers, b"{} ", secret=WebhookSecret("X", secret_of(dialect), True), context=CONTEXT, now=NOW)
        assert (refused.value.problem.status, refused.value.problem.type) == (401, "/problems/wrong-signature")

    @EVERY
    @pytest.mark.parametrize("broken", [b"", b"x", b"v1,%%%", b"\xff\xfe", b"v1", b"a,b,c"])
    def test_a_missing_or_malformed_signature_is_refused(self, dialect: Dialect, broken: bytes) -> None:
        """Neither an absent header nor rubbish in it is an error of the service."""
        whole = signed(dialect, b"{}", {})
        for name in whole:
            for headers in (whole | {name: broken}, {other: value for other, value in whole.items() if other != name}):
                with pytest.raises(Refused, match="signature"):
                    read_webhook(dialect, headers, b"{}", secret=WebhookSecret("X", secret_of(dialect), True), context=CONTEXT, now=NOW)

    @EVERY
    def test_without_a_secret_production_refuses_and_development_reads(self, dialect: Dialect) -> None:
        """No door is open in production; the problem names the variable to set."""
        delivery = deliveries(dialect.name)[0]
        body, headers = json.dumps(delivery["body"]).encode(), {k.encode(): v.encode() for k, v in delivery.get("headers", {}).items()}
        with pytest.raises(Refused) as refused:
            read_webhook(dialect, headers, body, secret=WebhookSecret("OTOKUI_X", "", True), context=CONTEXT, now=NOW)
        assert refused.value.problem.status == 401
        assert "OTOKUI_X" in refused.value.problem.fix
        assert read_webhook(dialect, headers, body, secret=WebhookSecret("OTOKUI_X", "", False), context=CONTEXT, now=NOW).items

    def test_an_old_standard_webhook_is_refused(self) -> None:
        """Where the scheme bounds its timestamp, a recorded call cannot be sent again later."""
        dialect = dialects()["cloudevents"]
        for age in (-301, 301):
            with pytest.raises(Refused):
                read_webhook(
                    dialect, signed(dialect, b"[]", {}, NOW + age), b"[]",
                    secret=WebhookSecret("X", secret_of(dialect), True), context=CONTEXT, now=NOW,
                )  # fmt: skip

    def test_a_batch_signed_over_its_first_event_is_refused(self) -> None:
        """Segment signs a batch so; the rest of such a batch could be anybody's."""
        dialect, first = dialects()["segment"], b'{"type":"page"}'
        with pytest.raises(Refused):
            read_webhook(
                dialect, signed(dialect, first, {}), b'[{"type":"page"},{"type":"page"}]',
                secret=WebhookSecret("X", secret_of(dialect), True), context=CONTEXT, now=NOW,
            )  # fmt: skip

    def test_an_unknown_dialect_is_refused_with_the_known_ones(self) -> None:
        """The caller is told which there are."""
        with pytest.raises(Refused) as refused:
            dialect_named("fax")
        assert refused.value.problem.status == 400
        assert "shopify" in refused.value.problem.fix


class TestMalformedPayloads:
    @EVERY
    @pytest.mark.parametrize(
        "body", ["null", "[]", "{}", "7", '"x"', "[[[]]]", '[null, 7, {"type": []}]', '{"data": 7, "events": {"a": 1}}']
    )
    def test_other_shapes_give_nothing(self, dialect: Dialect, body: str) -> None:
        """A signed call of another shape is no error of the service, and no item."""
        reading = read(dialect, {"body": json.loads(body)})
        assert reading.items == []

    @EVERY
    @pytest.mark.parametrize("value", [None, [], {}, "", "x", -1, 1e300, True, "9" * 400])
    def test_a_field_of_another_type_harms_no_other_event(self, dialect: Dialect, value: Any) -> None:
        """Each field in turn is replaced: the event is read without it or refused, and never an exception."""
        for delivery in deliveries(dialect.name):
            for changed in variants(delivery["body"], value):
                read(dialect, delivery | {"body": changed})

    @EVERY
    def test_what_is_no_json_is_refused(self, dialect: Dialect) -> None:
        """Also where its signature holds."""
        with pytest.raises(Refused) as refused:
            read_webhook(
                dialect, signed(dialect, b"{", {}), b"{", secret=WebhookSecret("X", secret_of(dialect), True), context=CONTEXT, now=NOW
            )
        assert refused.value.problem.status == 400


def variants(value: Any, other: Any) -> list[Any]:
    """The JSON value with each of its leaves and branches replaced, one at a time."""
    out = [other]
    if isinstance(value, dict):
        out += [value | {name: inner} for name in value for inner in variants(value[name], other)]
    elif isinstance(value, list):
        out += [[*value[:i], inner, *value[i + 1 :]] for i in range(min(len(value), 2)) for inner in variants(value[i], other)]
    return out


def with_key(context: ReadingContext, key: bytes) -> ReadingContext:
    return ReadingContext(context.channels, context.attributes, key, context.timezone)
