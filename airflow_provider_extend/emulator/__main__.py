"""``python -m airflow_provider_extend.emulator --port N --token T --state-dir D``"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from airflow_provider_extend.emulator.server import open_server


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_extend.emulator", description="A local Extend."
    )
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--token", required=True, help="a workspace key that is always known")
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="where everything is kept, file bytes too"
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback by default: the control needs no key")
    parser.add_argument("--run-seconds", type=float, default=1.0, help="how long a run takes")
    given = parser.parse_args()
    server = open_server(given.state_dir, given.token, given.run_seconds, given.host, given.port)
    server.announce = f"Extend emulator listening on {server.base_url}"
    # uvicorn stops gracefully on these and then raises them again: that is the end, and no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
