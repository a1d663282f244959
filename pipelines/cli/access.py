"""Verbs of access: API keys (`otokui key …`) and the audit log (`otokui audit …`)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from otokui.clock import now
from otokui.domain import DAY, HOUR, Instant, show_instant
from otokui.errors import BadInput, Conflict
from otokui.identity.roles import Role
from otokui.ports.access import KeyRecord
from pipelines.cli.common import JsonOption, ShopOption, app, opened, show, verb

key_app = typer.Typer(help="API keys of the HTTP service: create, list, revoke, rotate.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log of calls and changes: verify, export.", no_args_is_help=True)
app.add_typer(key_app, name="key")
app.add_typer(audit_app, name="audit")

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="id of the key, as `otokui key list` shows it")]


@key_app.command("create")
@verb
def key_create_(
    shop: ShopOption,
    role: Annotated[Role, typer.Option(help="what the key may do: docs/how-to/serve.md has the table")],
    note: Annotated[str, typer.Option(help="whose key it is, for the list; no personal data")] = "",
    expires_days: Annotated[int | None, typer.Option(min=1, help="days until it expires (default: never)")] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="address or network (CIDR) it may be used from; several times for several")
    ] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="calls a minute; more get 429")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create a key and show it, once; it works within [service] swap_seconds."""
    from pipelines.shop.audit_trail import audit_line, opened_access

    house, at = opened(shop), now()
    record = KeyRecord(
        key_id="",
        digest="",
        environment=house.settings.service.environment,
        role=role,
        note=note,
        networks=_networks(network or ()),
        requests_per_minute=requests_per_minute,
        created_at=at,
        expires_at=None if expires_days is None else Instant(at + expires_days * DAY),
    )
    with opened_access(house) as access:
        made, key = access.create_key(record, audit_line("key create", at))
    show(_told(made, house.settings.shop.timezone) | {"key": key.text}, as_json, _shown_once(made, key.text))


@key_app.command("list")
@verb
def key_list_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """List every key: id, role, when it was last used, whether it works. The keys themselves are stored nowhere."""
    from pipelines.shop.audit_trail import opened_access

    house, at = opened(shop), now()
    with opened_access(house) as access:
        records = access.key_records()
    keys = [_told(record, house.settings.shop.timezone) | {"works": record.works(at)} for record in records]
    lines = [
        f"{key['key_id']}  {key['environment']}  {key['role']:<11}  {'works' if key['works'] else 'stopped':<7}  "
        f"last used {key['last_used_at'] or 'never'}  {key['note']}"
        for key in keys
    ]
    show({"keys": keys}, as_json, "\n".join(lines) or "no key; `otokui key create` makes one")


@key_app.command("revoke")
@verb
def key_revoke_(shop: ShopOption, key_id: KeyId, as_json: JsonOption = False) -> None:
    """Revoke a key; the service refuses it within [service] swap_seconds."""
    from pipelines.shop.audit_trail import audit_line, opened_access

    house, at = opened(shop), now()
    with opened_access(house) as access:
        revoked = access.revoke_key(key_id, at, audit_line("key revoke", at))
    show(_told(revoked, house.settings.shop.timezone), as_json, f"{key_id} is revoked")


@key_app.command("rotate")
@verb
def key_rotate_(
    shop: ShopOption,
    key_id: KeyId,
    grace_hours: Annotated[int, typer.Option(min=0, help="hours for which the old key goes on working")] = 24,
    as_json: JsonOption = False,
) -> None:
    """Replace a key by a new one with the same rights.

    The old one works on for a while.
    """
    from pipelines.shop.audit_trail import audit_line, opened_access

    house, at = opened(shop), now()
    with opened_access(house) as access:
        made, key = access.rotate_key(key_id, at, Instant(at + grace_hours * HOUR), audit_line("key rotate", at))
    show(_told(made, house.settings.shop.timezone) | {"key": key.text, "replaces": key_id}, as_json, _shown_once(made, key.text))


@audit_app.command("verify")
@verb
def audit_verify_(
    shop: ShopOption,
    expect: Annotated[str, typer.Option(help="head that an earlier check printed; the log must still contain it")] = "",
    as_json: JsonOption = False,
) -> None:
    """Verify the audit log; name every row that was altered, deleted or inserted."""
    from pipelines.shop.audit_trail import opened_access

    with opened_access(opened(shop)) as access:
        checked = access.verify(expect)
    show(asdict(checked), as_json, f"{checked.rows} rows, head {checked.head or 'none'}")
    if checked.faults:
        raise Conflict(
            f"the audit log is not as it was written: {'; '.join(checked.faults[:20])}",
            fix="keep this database as evidence, and follow docs/runbook.md; compare with the newest export",
        )


@audit_app.command("export")
@verb
def audit_export_(shop: ShopOption, out: Annotated[Path, typer.Option(help="file to write, one JSON object a line")]) -> None:
    """Export the audit log with its digests as JSON lines.

    The export is a line of the log too.
    """
    from adapters.files.private_files import private_file
    from pipelines.shop.audit_trail import audited, opened_access

    house = opened(shop)
    audited(house, "audit export", now())
    private_file(out)
    rows = 0
    with opened_access(house) as access, out.open("w", encoding="utf-8") as file:
        for row in access.entries():
            file.write(json.dumps({"number": row.number, **asdict(row.entry), "digest": row.digest}, ensure_ascii=False) + "\n")
            rows += 1
    typer.echo(f"wrote {rows} rows to {out}")


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(text)) for text in texts)
    except ValueError as error:
        raise BadInput(f"--network: {error}", fix="name an address or a network, as 10.0.0.0/8 or 203.0.113.7") from None


def _told(record: KeyRecord, timezone: str) -> dict[str, Any]:
    times = {name: getattr(record, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    return {
        "key_id": record.key_id,
        "environment": str(record.environment),
        "role": str(record.role),
        "note": record.note,
        "networks": list(record.networks),
        "requests_per_minute": record.requests_per_minute,
        **{name: None if at is None else show_instant(at, timezone) for name, at in times.items()},
    }


def _shown_once(record: KeyRecord, key: str) -> str:
    return f"{key}\n{record.key_id}, role {record.role}, {record.environment}. The key is shown this once and stored nowhere: keep it now."
