"""What every test may rely on: nothing phones home, chance is repeatable, services are there or say that they are not."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Before any library is imported: they read these once.
os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    BENTOML_DO_NOT_TRACK="True",
    FEAST_USAGE="False",
    GIT_PYTHON_REFRESH="quiet",
)

# No deadline: a shared machine is slow at times, and a test that fails for that teaches people to run it again.
_SHARED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large], "print_blob": True}
settings.register_profile("dev", max_examples=50, **_SHARED)
settings.register_profile("ci", max_examples=100, derandomize=True, **_SHARED)
settings.register_profile("thorough", max_examples=2_000, **_SHARED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev"))

POSTGRES = os.environ.get("OTOKUI_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("OTOKUI_TEST_REDIS", "127.0.0.1:6379")


def absent(reason: str) -> None:
    """Skip for want of a service; in CI, where it is promised, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI promises it")
    pytest.skip(reason)


def listens(address: str) -> bool:
    """Say whether something answers at ``host:port``."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except OSError:
        return False


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The SQLAlchemy URL of a PostgreSQL in which databases may be made."""
    import sqlalchemy as sa

    engine = sa.create_engine(POSTGRES, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("select 1"))
    except sa.exc.OperationalError:
        absent("no PostgreSQL at 127.0.0.1:5432 (set OTOKUI_TEST_POSTGRES to a SQLAlchemy URL)")
    finally:
        engine.dispose()
    return POSTGRES


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database of this test's own; dropped afterwards."""
    import sqlalchemy as sa

    name = f"otokui_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'create database "{name}"'))
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f'drop database if exists "{name}" with (force)'))
    engine.dispose()


@pytest.fixture(scope="session")
def redis_address() -> str:
    """``host:port`` of a Redis that all tests share: use keys of your own (a project name from ``uuid``)."""
    if not listens(REDIS):
        absent(f"no Redis at {REDIS} (set OTOKUI_TEST_REDIS to host:port)")
    return REDIS


def seconds_by_suite(reports: Iterable[Any]) -> list[tuple[str, float, int]]:
    """Return (suite, seconds, tests) of the reports of set-ups, calls and tear-downs, the longest first; a suite is a folder of tests/."""
    seconds: dict[str, float] = {}
    tests: dict[str, set[str]] = {}
    for report in reports:
        suite = report.nodeid.removeprefix("tests/").split("/")[0]
        seconds[suite] = seconds.get(suite, 0.0) + report.duration
        tests.setdefault(suite, set()).add(report.nodeid)
    return [(suite, seconds[suite], len(tests[suite])) for suite in sorted(seconds, key=lambda suite: -seconds[suite])]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what each suite took, workers added up: a suite that grows is seen before it hurts."""
    reports = [each for kind in terminalreporter.stats.values() for each in kind if hasattr(each, "duration") and hasattr(each, "nodeid")]
    told = [f"{suite} {seconds:,.0f} s ({tests:,} tests)" for suite, seconds, tests in seconds_by_suite(reports)]
    if told:
        terminalreporter.write_sep("-", "seconds by suite, workers added up")
        terminalreporter.write_line("   ".join(told))
