"""Cases of schemathesis over all HTTP calls and roles.

`python -m benchmarks.http.schema_cases --cases 100000`

The real service asks for keys. Every call is tried with a key of each role and without one, with valid and with invalid values. Printed
are the cases, the replies of 500 and above that are not 503 with Retry-After, and the statuses that the document does not have; there
must be none of either.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import SkipTest

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from adapters.access.access_store import open_access
from benchmarks.http.__main__ import free_port, ours, started
from benchmarks.http.shop import made_shop
from otokui.domain import Instant
from otokui.identity.roles import Role
from otokui.ports.access import AuditEntry, KeyRecord
from otokui.settings.settings import load

QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


@dataclass
class Tally:
    """Replies by call and status, and the first case of each fault."""

    replies: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[tuple[str, str, int], str] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def add(self, call: str, documented: set[str], case: Any, reply: requests.Response) -> None:
        """Count a reply."""
        self.replies[call, reply.status_code] += 1
        kinds = []
        if reply.status_code >= 500 and not (reply.status_code == 503 and "retry-after" in reply.headers):
            kinds.append("500 and above")
        if str(reply.status_code) not in documented:
            kinds.append("undocumented")
        for kind in kinds:
            self.counted[kind] += 1
            self.faults.setdefault((kind, call, reply.status_code), f"{case.as_curl_command()[:400]}\n      {reply.text[:300]}")


def keys_of(shop: Path) -> dict[str, str]:
    """Let the shop ask for keys; return one of each role, and none."""
    text = (shop / "otokui.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("access = ")]
    (shop / "otokui.toml").write_text("\n".join(lines).replace("[service]", '[service]\naccess = "keys"', 1), encoding="utf-8")
    found, loaded, now = {"nobody": ""}, load(shop / "otokui.toml"), Instant(int(time.time()))
    with open_access(loaded, shop) as access:
        for role in Role:
            wanted = KeyRecord("", "", loaded.service.environment, role, "benchmark", (), None, now)
            found[str(role)] = access.create_key(wanted, AuditEntry(now, "verb:benchmark", "key create", "", 0))[1].text
    return found


@dataclass(frozen=True)
class Caller:
    """One caller of the service: its headers, and the moment at which it stops."""

    address: str
    session: requests.Session
    headers: dict[str, str]
    end: float

    def try_out(self, operation: Any, mode: GenerationMode, cases: int, tally: Tally) -> None:
        """Send cases of one call, valid or invalid ones."""
        call = f"{operation.method.upper()} {operation.path}"
        documented = set(operation.definition.raw["responses"])

        @settings(QUIET, max_examples=cases)
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            if time.monotonic() < self.end:
                tally.add(call, documented, case, case.call(base_url=self.address, session=self.session, headers=self.headers, timeout=60))

        try:
            one()
        except (Unsatisfiable, SkipTest):  # a call without parameters has no invalid case
            return


def tried(address: str, keys: dict[str, str], cases: int, seconds: float) -> Tally:
    """Try every call with every key, until the cases or the time are used up."""
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        document = json.load(answer)
    schema = schemathesis.openapi.from_dict(document)
    operations = [each.ok() for each in schema.get_all_operations()]
    tally, session, end = Tally(), requests.Session(), time.monotonic() + seconds
    every = max(1, cases // (len(operations) * len(keys) * 2))
    for operation in operations:
        for key in keys.values():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                caller = Caller(address, session, {"Authorization": f"Bearer {key}"} if key else {}, end)
                caller.try_out(operation, mode, every, tally)
    return tally


def main() -> None:
    """Print the figures; exit with 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3_600.0, help="stop after so long")
    parser.add_argument("--shop", type=Path, help="a shop with live models, which is copied; default: one is made")
    given_ = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otokui-cases-") as aside:
        folder = Path(aside)
        if given_.shop is None:
            made_shop(folder / "shop", 400, Instant(int(time.time()) // 3_600 * 3_600), rounds=20)
        else:
            shutil.copytree(given_.shop, folder / "shop")
        keys, port = keys_of(folder / "shop"), free_port()
        command, env = ours(folder / "shop", port)
        with started(command, env, port, folder / "log") as running:
            tally = tried(running.address, keys, given_.cases, given_.seconds)
    for (call, status), count in sorted(tally.replies.items()):
        print(f"{call:50s} {status}  {count:,}")
    print(f"\n{sum(tally.replies.values()):,} cases; {len(keys)} kinds of callers")
    for kind in ("500 and above", "undocumented"):
        print(f"{kind}: {tally.counted[kind]}")
    for (kind, call, status), first in tally.faults.items():
        print(f"  {kind}: {call} {status}\n      {first}")
    raise SystemExit(bool(tally.faults))


if __name__ == "__main__":
    main()
