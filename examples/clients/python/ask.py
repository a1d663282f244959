"""Asks for decisions through the client that openapi-python-client made of /openapi.json: `python ask.py ADDRESS KEY`."""

from __future__ import annotations

import json
import sys

from otokui_client import AuthenticatedClient, Client  # type: ignore[import-not-found]  # generated
from otokui_client.api.default import decide, look_up  # type: ignore[import-not-found]
from otokui_client.models import CustomerRequest, DecisionReply, DecisionRequest, Problem  # type: ignore[import-not-found]


def main(address: str, key: str) -> int:
    """Ask, look one decision up, and look one up that is not there."""
    client = AuthenticatedClient(base_url=address, token=key) if key else Client(base_url=address)
    request = DecisionRequest(customers=[CustomerRequest(customer_id=customer_id) for customer_id in ("ada", "nobody")])
    asked = decide.sync_detailed(client=client, body=request, idempotency_key="python-1")
    if not isinstance(asked.parsed, DecisionReply):
        print(json.dumps({"status": int(asked.status_code), "fix": asked.parsed.fix}))
        return 1
    decisions = asked.parsed.decisions
    found = look_up.sync(decisions[0].decision_id, client=client)
    missing = look_up.sync_detailed("none", client=client)
    assert isinstance(missing.parsed, Problem)
    print(
        json.dumps(
            {
                "statuses": [str(decision.status) for decision in decisions],
                "same": found.decision_id == decisions[0].decision_id,
                "missing": int(missing.status_code),
                "fix": missing.parsed.fix,
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
