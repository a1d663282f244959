"""Encryption settings: where the master key of the ledger's keys comes from (``[encryption]``)."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Encryption(Section):
    """Encryption of the decision log's inputs: environment variables with the master keys."""

    master_key_env: str = Field(
        default="OTOKUI_MASTER_KEY",
        min_length=1,
        description="environment variable with the master key around the customers' keys (32 bytes in Base64, or file:PATH of a file "
        "with them); where it is not set, the keys lie unwrapped in the ledger",
    )
    previous_master_key_env: str = Field(
        default="OTOKUI_PREVIOUS_MASTER_KEY",
        min_length=1,
        description="environment variable with the master key of before, during `otokui rotate-master-key`",
    )
