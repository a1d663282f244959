"""docs/reference/cli.md: every verb of the command line with its arguments, as `--help` has them."""

from __future__ import annotations

from typing import Any

import typer.main

from pipelines.cli import app, commands
from tools.reference.page import code, page, table


def render() -> str:
    """Return the page."""
    group: Any = typer.main.get_command(app)
    verbs = dict(commands(app))
    return page(
        "Command line",
        "`pipelines/cli/`",
        "Results go to stdout (tables for people, `--json` for programs), progress and logs to stderr. Exit codes: [errors](errors.md).",
        table(("verb", "what"), ((f"[`otokui {name}`](#otokui-{name.replace(' ', '-')})", _summary(verb)) for name, verb in verbs.items())),
        "Before the verb: " + ", ".join(f"`{'`, `'.join(option.opts)}` ({option.help})" for option in _visible(group)) + ".",
        *(_verb(name, verb) for name, verb in verbs.items()),
    )


def _summary(verb: Any) -> str:
    return str(verb.help or "").strip().split("\n\n")[0].replace("\n", " ")


def _verb(name: str, verb: Any) -> str:
    arguments = [p for p in verb.params if p.param_type_name == "argument"]
    options = _visible(verb)
    usage = " ".join(["otokui", name, *(_usage(a) for a in arguments), *(_usage(o) for o in options if o.required)])
    rest = "" if all(o.required for o in options) else " [OPTIONS]"
    rows = [(code(_metavar(p)) + (" *" if p.required else ""), _default(p), getattr(p, "help", None) or "") for p in [*arguments, *options]]
    parts = [f"## otokui {name}", str(verb.help or "").strip(), f"```\n{usage}{rest}\n```"]
    return "\n\n".join([*parts, table(("argument or option", "default", "what"), rows)] if rows else parts)


def _visible(verb: Any) -> list[Any]:
    return [p for p in verb.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]


def _metavar(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = str(parameter.metavar or parameter.name).upper()
        return name + (" …" if parameter.nargs == -1 and not name.endswith("...") else "")
    spelt = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return spelt if parameter.is_flag else f"{spelt} {str(parameter.metavar or parameter.name).upper()}"


def _usage(parameter: Any) -> str:
    return _metavar(parameter) if parameter.required else f"[{_metavar(parameter)}]"


def _default(parameter: Any) -> str:
    value = parameter.default
    if value in (None, (), []) or parameter.required or callable(value) or type(value).__name__ == "Sentinel":
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return code(value)
