"""Settings of webhook dialects (``[dialects]``): where the secrets of their signatures are."""

from __future__ import annotations

from pydantic import Field

from otokui.settings.section import Section


class DialectSettings(Section):
    """Webhooks of providers (`?as=shopify` …): the environment variables with the secrets of their signatures."""

    secret_env: dict[str, str] = Field(
        default={},
        description="per dialect: environment variable with the secret of its signatures (default: OTOKUI_SHOPIFY_SECRET and so on)",
    )

    def variable(self, dialect: str) -> str:
        """Return the environment variable with the secret of a dialect.

        >>> DialectSettings().variable("shopify")
        'OTOKUI_SHOPIFY_SECRET'
        """
        return self.secret_env.get(dialect, f"OTOKUI_{dialect.upper()}_SECRET")
