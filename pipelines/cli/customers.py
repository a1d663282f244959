"""Verbs of customer data: disclosure, erasure and the keys around it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from otokui.errors import BadInput, BadSettings
from pipelines.cli.common import JsonOption, ShopOption, app, instant, opened, show, verb


@app.command("disclose")
@verb
def disclose_(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="whom")],
    shop: ShopOption,
    as_of: Annotated[str | None, typer.Option(help="when the predictions are made as of (default: the newest summaries)")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell everything that is on record and decided about one customer, in English and Japanese."""
    from pipelines.customer_data.disclose import disclose

    house = opened(shop)
    told = disclose(house, customer_id, as_of=instant(as_of, house) if as_of else None)
    show(dict(told.content), as_json, told.to_text())


@app.command("erase")
@verb
def erase_(
    shop: ShopOption,
    customer_ids: Annotated[list[str], typer.Argument(metavar="CUSTOMER...", help="whom")] = [],  # noqa: B006  typer's way of saying none
    ids_file: Annotated[Path | None, typer.Option("--file", help="a file with one customer id a line")] = None,
    pending: Annotated[bool, typer.Option("--pending", help="finish what was requested over HTTP or was interrupted")] = False,
    restored: Annotated[bool, typer.Option("--restored", help="erase again whom a restored ledger brought back")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase customers from every store, file and log; they are never contacted or imported again. Writes a proof without the id."""
    from pipelines.customer_data.erase import erase, erase_restored

    house = opened(shop, erases=True)
    named = [*customer_ids, *(_lines(ids_file) if ids_file else ()), *(erase_restored(house) if restored else ())]
    if not (named or pending or restored):
        raise BadInput("nobody was named", fix="write otokui erase CUSTOMER --shop SHOP, --file FILE, or --pending")
    proofs = erase(house, named)
    text = "\n".join(proof.to_text() for proof in proofs) or "nobody was to be erased"
    show({"proofs": [dict(proof.content) for proof in proofs]}, as_json, text)


@app.command("rotate-master-key")
@verb
def rotate_master_key_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """Wrap the keys of all customers by the master key of [encryption] alone.

    By no earlier one.
    """
    house = opened(shop)
    if not house.ring.name:
        variable = house.settings.encryption.master_key_env
        raise BadSettings(f"no master key is configured (${variable})", fix=f"set ${variable} to the output of `openssl rand -base64 32`")
    changed = house.ledger.erasures.rotate()
    show({"keys": changed, "master": house.ring.name}, as_json, f"{changed:,} keys are wrapped by the master key {house.ring.name} now")


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({type(error).__name__})", fix="name a text file with one customer id a line") from None
