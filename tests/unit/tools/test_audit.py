"""The audit counts what was not looked at as a finding."""

from __future__ import annotations

from typing import Any

import pytest

from tools import audit

SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}


def said(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


class TestFaults:
    def test_a_sound_package_is_none(self) -> None:
        """Looked at, nothing found."""
        assert audit.faults(said(SOUND), {"numpy"}) == []

    def test_a_vulnerable_package_is_named_with_its_fix(self) -> None:
        """The line says which version would do."""
        bad = {"name": "Jinja2", "version": "2.4.1", "vulns": [{"id": "CVE-2014-1402", "fix_versions": ["2.7.2"], "aliases": []}]}
        assert audit.faults(said(SOUND, bad), {"numpy", "jinja2"}) == ["jinja2 2.4.1: CVE-2014-1402 (fixed in: 2.7.2)"]

    def test_a_skipped_package_fails(self) -> None:
        """pip-audit skips what it cannot resolve and still ends well."""
        skipped = {"name": "otherthing", "skip_reason": "could not be resolved"}
        assert audit.faults(said(SOUND, skipped), {"numpy", "otherthing"}) == ["otherthing was skipped: could not be resolved"]

    def test_a_package_that_is_missing_from_the_report_fails(self) -> None:
        """What stands in the lock must stand in the report."""
        assert audit.faults(said(SOUND), {"numpy", "polars"}) == ["polars was not looked at"]

    def test_an_accepted_advisory_passes_under_any_of_its_names(self) -> None:
        """Databases name the same advisory differently."""
        feast = {"name": "feast", "version": "0.67.0", "vulns": [{"id": "GHSA-x", "aliases": ["CVE-2026-18948"], "fix_versions": []}]}
        assert audit.faults(said(feast), {"feast"}) == []


class TestMain:
    def test_an_unreachable_database_is_no_success(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """`make audit` ends with 2; only who asked for it goes on, and reads that nothing was audited."""
        monkeypatch.setattr(audit, "reachable", lambda: False)

        assert audit.main([]) == 2
        assert audit.main(["--if-reachable"]) == 0
        assert capsys.readouterr().err.count("audit not run: the advisory database is unreachable from here") == 2

    def test_findings_fail_also_where_reaching_was_optional(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A report that misses the whole lock fails."""
        monkeypatch.setattr(audit, "reachable", lambda: True)
        monkeypatch.setattr(audit, "report", lambda: said(SOUND))

        assert audit.main(["--if-reachable"]) == 1
