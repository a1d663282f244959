"""Rules of requirements.lock: exact, hashed, free of addresses and known vulnerabilities.

Kept apart from `tools.audit`, because this needs no network and so can never be skipped.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"

DENIED: dict[str, tuple[str, str]] = {
    "mlflow": ("3.16.1", "path traversal and remote execution up to CVE-2026-2635"),
    "bentoml": ("1.4.39", "deserialisation and SSRF up to CVE-2025-54381"),
    "redis": ("5.0", "a cancelled call misaligns the connection (CVE-2023-28858, CVE-2023-28859)"),
    "pyarrow": ("14.0.1", "extension types execute code (CVE-2023-47248)"),
    "jinja2": ("3.1.6", "sandbox escape (CVE-2025-27516)"),
    "h11": ("0.16.0", "chunked bodies are read leniently (CVE-2025-43859)"),
    "starlette": ("0.49.1", "quadratic Range header (CVE-2025-62727)"),
}
"""Package: the first version we accept, and why. Our own list beside the advisory database (threat model)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of the lock."""

    name: str
    version: str
    hashes: int


def pins(text: str) -> list[Pin]:
    """Read the packages of a lock, in its order."""
    pinned = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", block)
        if head:
            pinned.append(Pin(head[1].lower(), head[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}", block))))
    return pinned


def faults(text: str) -> list[str]:
    """Return faults of a lock, one line each; empty = sound."""
    pinned = pins(text)
    wrong = [] if pinned else ["the lock holds no package"]
    wrong += [f"{p.name} {p.version} has no hash" for p in pinned if not p.hashes]
    wrong += [f"an address stands in the lock: {line.strip()}" for line in text.splitlines() if "://" in line or "--index" in line]
    for pin in pinned:
        least, why = DENIED.get(pin.name, ("0", ""))
        if Version(pin.version) < Version(least):
            wrong.append(f"{pin.name} {pin.version} is older than {least}: {why}")
    return wrong


def main() -> int:
    """Check the committed lock; return the exit code."""
    text = LOCK.read_text(encoding="utf-8")
    wrong = faults(text)
    for line in wrong:
        print(f"requirements.lock: {line}", file=sys.stderr)
    if not wrong:
        print(f"requirements.lock: {len(pins(text))} packages, all exact and hashed, none on the deny-list")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
