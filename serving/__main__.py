"""The service as one process, `python -m serving`: BentoML's application under uvicorn.

`bentoml serve` works too, but its supervisor is a second process of the same size. It answers SIGHUP with a restart, waits a day
for a worker to end, and leaves the worker running when it is killed itself. One process ends with its signals and frees its port
with its end. systemd, Docker or Kubernetes restart it.
"""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

import uvicorn

from otokui.errors import OtokuiError


def main() -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP.

    Calls in progress are answered before the process ends.
    """
    signal.signal(signal.SIGTERM, _end)  # until uvicorn listens to signals itself; process 1 of a container would ignore them
    signal.signal(signal.SIGINT, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
        signal.signal(signal.SIGHUP, lambda _signal, _frame: signal.raise_signal(signal.SIGTERM))
    parser = argparse.ArgumentParser(prog="python -m serving", description="Serve the shop that OTOKUI_SHOP names.")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()

    try:
        from serving.service import OtokuiService, app  # takes seconds, in which the process can be ended already

        app.limits.check_access(arguments.host)
    except OtokuiError as error:
        sys.stderr.write(f"otokui: {error.detail}\n   fix: {error.fix}\n")
        raise SystemExit(error.exit_code) from None

    uvicorn.run(
        OtokuiService.to_asgi(is_main=True),  # type: ignore[attr-defined]  # the decorator returns a bentoml Service
        host=arguments.host,
        port=arguments.port,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=app.limits.read_timeout_seconds + app.limits.timeout_seconds + 1,
    )


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
