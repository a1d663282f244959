"""Audit of installed packages against the OSV database, through pip-audit.

pip-audit answers "none found" for packages that it skipped. So its JSON is read, and a package of the lock that was not audited fails the
audit as a vulnerable one does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

from tools.lock import LOCK, pins

DATABASE = "https://api.osv.dev/v1/query"
ACCEPTED: dict[str, str] = {
    "CVE-2026-18948": "feast: registries execute stored functions; ours holds none, is built by us and no Feast server runs (SECURITY.md)",
}
"""Advisory: why it does not reach us. Whoever adds one says what makes it so, and where that is tested."""


def reachable() -> bool:
    """Say whether the advisory database answers at all."""
    question = json.dumps({"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(DATABASE, question), timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def report() -> dict[str, Any]:
    """Run pip-audit over the lock and return what it says, as its JSON has it."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"]
    command += ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return dict(json.loads(ran.stdout))
    except ValueError:
        raise SystemExit(f"pip-audit gave no report (exit {ran.returncode}): {ran.stderr.strip()[-2000:]}") from None


def faults(report: dict[str, Any], packages: set[str]) -> list[str]:
    """Return one line for every vulnerable, skipped or unaudited package.

    Args:
        report: pip-audit's JSON.
        packages: the names of all packages of the lock.
    """
    wrong, seen = [], set()
    for package in report.get("dependencies", []):
        name = str(package["name"]).lower()
        if "skip_reason" in package:
            wrong.append(f"{name} was skipped: {package['skip_reason']}")
            continue
        seen.add(name)
        for advisory in package.get("vulns", []):
            names = {advisory["id"], *advisory.get("aliases", [])}
            if not names & ACCEPTED.keys():
                fixed = ", ".join(advisory.get("fix_versions", [])) or "no release yet"
                wrong.append(f"{name} {package['version']}: {advisory['id']} (fixed in: {fixed})")
    skipped = {line.split(" ", 1)[0] for line in wrong}
    return wrong + [f"{name} was not looked at" for name in sorted(packages - seen - skipped)]


def main(arguments: list[str] | None = None) -> int:
    """Audit the committed lock; return the exit code.

    0 sound, 1 not, 2 the database cannot be reached.
    """
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--if-reachable", action="store_true", help="where the database cannot be reached, say so and go on")
    wish = parser.parse_args(arguments)
    if not reachable():
        print("audit not run: the advisory database is unreachable from here", file=sys.stderr)
        return 0 if wish.if_reachable else 2
    packages = {pin.name for pin in pins(LOCK.read_text(encoding="utf-8"))}
    wrong = faults(report(), packages)
    for line in wrong:
        print(f"audit: {line}", file=sys.stderr)
    print(f"audit: {len(packages)} packages, {len(wrong)} findings, {len(ACCEPTED)} advisories accepted with a reason")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
