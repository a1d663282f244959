"""The reference pages hold everything that the code knows, and read as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer

from decisions.constraints.constraints import CONSTRAINTS
from features import CATALOGUE, SUMMARY
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import TABLES
from tools.reference import cli, data_contract, errors, features, http, page, presets, settings


class TestPage:
    def test_a_table_survives_bars_and_line_ends(self) -> None:
        """A cell is one line, and a bar in it is no border."""
        assert page.table(("a", "b"), [("x | y", "two\nlines")]) == "| a | b |\n|---|---|\n| x \\| y | two lines |"

    def test_a_sentence_is_the_first_paragraph_without_issue_numbers(self) -> None:
        """What the shop does not know of is left out; reST marks become Markdown's."""
        assert page.sentence("Who ``speaks``\nfirst (mission D1, D2).\n\nMore.") == "Who `speaks` first."


class TestCli:
    def test_arguments_options_and_defaults(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As `--help` has them: what must be given stands in the usage line."""
        app = typer.Typer(add_completion=False)

        @app.callback()
        def _everywhere(quiet: Annotated[bool, typer.Option("--quiet", help="log warnings only")] = False) -> None: ...

        @app.command()
        def ingest(
            sources: Annotated[list[str], typer.Argument(help="TABLE=FILE")],
            shop: Annotated[Path, typer.Option("--shop", help="the shop's folder")],
            trials: Annotated[int, typer.Option("--trials", help="how many")] = 3,
        ) -> None:
            """Bring records in."""

        monkeypatch.setattr(cli, "app", app)
        lines = cli.render().splitlines()

        assert "Before the verb: `--quiet` (log warnings only)." in lines
        assert "otokui ingest SOURCES … --shop SHOP [OPTIONS]" in lines
        assert "| `SOURCES …` * |  | TABLE=FILE |" in lines
        assert "| `--shop SHOP` * |  | the shop's folder |" in lines
        assert "| `--trials TRIALS` | `3` | how many |" in lines


class TestPagesFromData:
    def test_every_table_and_rule_is_there(self) -> None:
        """Nothing that a shop can bring or break is left out."""
        text = data_contract.render()
        assert [name for name in TABLES if f"### {name}\n" not in text] == []
        assert [name for name in RULES if f"| `{name}` |" not in text] == []

    def test_every_feature_and_summary_column_is_there(self) -> None:
        """The catalogue is the page."""
        text = features.render()
        assert [f.name for f in (*CATALOGUE, *SUMMARY) if f"| `{f.name}` |" not in text] == []

    def test_every_exclusion_is_there_in_both_languages(self) -> None:
        """A person who reads a code in a decision finds it here."""
        text = presets.render()
        assert [c.name for c in CONSTRAINTS if f"| `{c.name}` | {c.text} | {c.text_ja} |" not in text] == []

    def test_settings_say_default_limits_and_meaning(self) -> None:
        """One row of each kind."""
        text = settings.render()
        assert "| `port` | `3000` | ≥ 1, ≤ 65535 | port to listen on |" in text
        assert "| `churn_days` | `none` | ≥ 1 |" in text
        assert '| `match` | `"any"` | `any`, `all` | any or all of the parts must hold |' in text

    def test_errors_say_exit_code_and_status(self) -> None:
        """The tree is indented as it inherits."""
        assert "| ↳ `BadInput` | 2 | 422 |" in errors.render()
        assert "| ↳ ↳ ↳ `PersonalData` | 3 | 422 |" in errors.render()

    def test_http_says_fields_and_limits(self) -> None:
        """From the OpenAPI document, with what must be given marked."""
        text = http.render()
        assert "## POST /v1/decisions" in text
        assert "| `customers` * | list of [CustomerRequest](#customerrequest) | at least 1 |" in text
        assert "| 429 | too many calls at once, or of this key in a minute; see Retry-After ([Problem](#problem)) |" in text
