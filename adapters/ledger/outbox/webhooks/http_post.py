"""HTTP POST of one message, within a time that nothing can stretch.

The deadline covers name look-up, connection, headers and status. Redirects are not followed, for only a configured address may be called;
proxies of the environment are not used; of the answer only the status is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class PostResult:
    """Result of a POST of a webhook message.

    It holds the HTTP status, None = no answer, and the error as text, '' = none.
    """

    status: int | None
    error: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.status is not None and 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> PostResult:
    """Post a body; errors of the network are results, not exceptions."""
    return asyncio.run(_post(url, body, headers, timeout_seconds))


async def _post(url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> PostResult:
    unlimited = aiohttp.ClientTimeout(total=None)  # the deadline below holds for everything together
    try:
        async with (
            asyncio.timeout(timeout_seconds),
            aiohttp.ClientSession(timeout=unlimited, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
            answer.close()
    except TimeoutError:
        return PostResult(None, f"no answer within {timeout_seconds:g} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return PostResult(None, type(error).__name__)
    return PostResult(status, "" if 200 <= status < 300 else f"answered {status}")
