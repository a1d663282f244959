"""Verbs of customer data: disclosure, erasure and the keys around it."""

from __future__ import annotations

from pipelines.cli.common import JsonOption, ShopOption, app, opened, show, verb


@app.command("rotate-master-key")
@verb
def rotate_master_key_(shop: ShopOption, as_json: JsonOption = False) -> None:
    """Wrap the keys of all customers by the master key of [encryption] alone.

    By no earlier one.
    """
    from otokui.errors import BadSettings

    house = opened(shop)
    if not house.ring.name:
        variable = house.settings.encryption.master_key_env
        raise BadSettings(
            f"no master key is configured (${variable})", fix=f"export {variable}=$(openssl rand -base64 32), and keep it safe"
        )
    changed = house.ledger.erasures.rotate()
    show({"keys": changed, "master": house.ring.name}, as_json, f"{changed:,} keys are wrapped by the master key {house.ring.name} now")
