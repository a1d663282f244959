"""Verbs of webhooks out: test, list messages, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from otokui.clock import now
from otokui.domain import Instant, show_instant
from otokui.errors import BadInput, Unavailable
from pipelines.cli.common import JsonOption, ShopOption, app, opened, show, verb

if TYPE_CHECKING:
    from adapters.ledger.outbox.webhooks.ledger_webhooks import LedgerWebhooks
    from otokui.settings.service.webhooks import Webhook
    from pipelines.shop.shop import Shop

webhook_app = typer.Typer(help="Webhooks out: endpoints in otokui.toml that are told what is due.", no_args_is_help=True)
app.add_typer(webhook_app, name="webhook")

EndpointArgument = Annotated[str, typer.Argument(help="name of the endpoint in otokui.toml")]


@webhook_app.command("test")
@verb
def post_test_(shop: ShopOption, endpoint: EndpointArgument, as_json: JsonOption = False) -> None:
    """Post a signed test message, and show what the receiver answered."""
    house = opened(shop)
    result = _webhooks_of(house).test(_configured(house, endpoint), now())
    if not result.delivered:
        raise Unavailable(
            f"the endpoint {endpoint!r} did not take the message: {result.error}",
            fix="look at the receiver: address, certificate, signature; it must answer 2xx",
        )
    show({"endpoint": endpoint, "status": result.status}, as_json, f"{endpoint} took the test message (status {result.status})")


@webhook_app.command("list")
@verb
def list_(
    shop: ShopOption,
    endpoint: Annotated[str | None, typer.Option(help="messages of one endpoint")] = None,
    limit: Annotated[int, typer.Option(min=1, help="messages shown at most, the newest first")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List messages with their state, attempts and last answer."""
    house = opened(shop)
    webhooks, timezone = _webhooks_of(house), house.settings.shop.timezone
    rows = [_told(row, timezone) for row in webhooks.messages(endpoint, limit)]
    counts = webhooks.counts()
    lines = [f"{name}: " + ", ".join(f"{number:,} {state}" for state, number in states.items()) for name, states in counts.items()]
    lines += [
        f"  {row['webhook_id']}  {row['created_at']}  {row['state']}, {row['attempts']} attempts, {row['changes']} changes"
        + (f" ({row['error']})" if row["error"] else "")
        for row in rows
    ]
    show({"counts": counts, "messages": rows}, as_json, "\n".join(lines) or "no message was made yet")


@webhook_app.command("retry")
@verb
def retry_(shop: ShopOption, endpoint: EndpointArgument, as_json: JsonOption = False) -> None:
    """Send messages that were given up once more; what has lapsed since is left out."""
    house = opened(shop)
    _configured(house, endpoint)
    number = _webhooks_of(house).retry(endpoint, now())
    show({"endpoint": endpoint, "messages": number}, as_json, f"{number:,} messages will be sent again")


def _webhooks_of(house: Shop) -> LedgerWebhooks:
    from adapters.ledger.outbox.webhooks.ledger_webhooks import LedgerWebhooks

    return LedgerWebhooks(house.ledger.database, house.ledger.outbox, house.settings.shop.timezone)


def _configured(house: Shop, endpoint: str) -> Webhook:
    found = next((webhook for webhook in house.settings.webhooks if webhook.name == endpoint), None)
    if found is None:
        names = ", ".join(webhook.name for webhook in house.settings.webhooks) or "none"
        raise BadInput(f"no endpoint {endpoint!r} is configured; there are: {names}", fix="add it under [[webhooks]] in otokui.toml")
    return found


def _told(row: dict[str, Any], timezone: str) -> dict[str, Any]:
    shown = {name: row[name] for name in ("webhook_id", "endpoint", "state", "changes", "attempts", "status", "error")}
    times = {name: show_instant(Instant(row[name]), timezone) for name in ("created_at", "next_at")}
    return shown | times
