"""Common parts of the verbs: app, exit codes of errors, output of results."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from otokui.domain import Instant, parse_instant
from otokui.errors import OtokuiError

if TYPE_CHECKING:
    from pipelines.shop.shop import Shop

app = typer.Typer(
    help="Otokui: predictions and decisions for CRM. Start with `otokui init SHOP`, or see it work: `otokui demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ShopOption = Annotated[Path, typer.Option("--shop", help="the shop's folder, made by `otokui init`")]
AsOf = Annotated[str, typer.Option("--as-of", help="date or time; only what was known before it is used")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="en, ja, or any other language that has a catalogue (default: [shop] language)")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as JSON, for programs")]


@app.callback()
def _everywhere(
    log_json: Annotated[bool, typer.Option("--log-json", help="log lines as JSON")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="log warnings only")] = False,
) -> None:
    from otokui.observe import configure

    configure(json_lines=log_json, level=logging.WARNING if quiet else logging.INFO)


P = ParamSpec("P")


def verb(run: Callable[P, None]) -> Callable[P, None]:
    """Turn an error of `otokui.errors` into its message and exit code.

    Every other one is raised as it is.
    """

    @wraps(run)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except OtokuiError as error:
            typer.echo(f"otokui: {error.detail}\n   fix: {error.fix}", err=True)
            raise typer.Exit(error.exit_code) from None
        finally:
            while _LOCKS:
                _LOCKS.pop().close()

    return guarded


def show(result: dict[str, Any], as_json: bool, text: str) -> None:
    """Print a result for a program or for a person."""
    typer.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else text)


_LOCKS: list[IO[bytes]] = []
"""Locks of shops' folders that the verb under way shares."""


def opened(folder: Path, *, erases: bool = False) -> Shop:
    """Open a shop's folder; records of an earlier build are closed to other accounts.

    Until the verb ends, no erasure touches the files (``adapters.files.shop_lock``); ``erases``: this verb is one.
    """
    from adapters.files.private_files import private_tree
    from adapters.files.shop_lock import share
    from pipelines.shop.shop import Shop

    if not erases and (lock := share(folder)) is not None:
        _LOCKS.append(lock)
    for name in ("records", "quarantine"):
        private_tree(folder / name)
    return Shop(folder)


def instant(text: str, shop: Shop) -> Instant:
    """Read a date or time of the command line in the shop's time zone."""
    return parse_instant(text, shop.settings.shop.timezone)
