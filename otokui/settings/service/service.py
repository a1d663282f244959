"""Settings of the HTTP service (``[service]``): address, limits, timeouts."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class Service(Section):
    """HTTP service: address, limits and timeouts."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=3000, ge=1, le=65_535, description="port to listen on")
    max_customers: int = Field(default=1_000, ge=1, description="customers in one call")
    max_body_bytes: int = Field(default=2_000_000, ge=1_000, description="size of one request")
    max_header_bytes: int = Field(default=32_768, ge=1_024, description="size of the headers of one request; larger ones get 431")
    read_timeout_seconds: int = Field(
        default=5, ge=1, description="a request whose headers, or then whose body, take longer to arrive is given up"
    )
    timeout_seconds: int = Field(default=2, ge=1, description="a call that takes longer is given up")
    max_concurrency: int = Field(default=32, ge=1, description="calls at once; more get 429")
    max_connections: int = Field(default=512, ge=1, description="connections at once; the one that has waited longest makes room")
    min_free_bytes: int = Field(default=100_000_000, ge=0, description="with less room on the disk the service is not ready")
    max_as_of_days_ahead: int = Field(default=400, ge=1, le=36_500, description="days; an as_of further ahead than this is refused (422)")
    swap_seconds: float = Field(
        default=2.0, gt=0, description="how often new models and summaries are looked for, and whether the ledger has all that is on record"
    )
