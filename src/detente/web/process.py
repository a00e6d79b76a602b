"""The web process of a node: the pages on loopback. It is given no key and opens nothing of `private/`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import traceback
from pathlib import Path

import uvicorn

from detente.adapters.config import load_config
from detente.errors import DetenteError, LocalError
from detente.web.app import application
from detente.web.operators import Operators


async def serve(path: Path, life: int, *, cheap: bool = False) -> None:
    """Until SIGTERM, or until the supervisor has gone (the end of the pipe `life`)."""
    config = load_config(path)
    if not config.web:
        raise LocalError("config-invalid", "no [web] listen is configured", where=str(path))
    operators = Operators(config.folder, cheap=cheap)
    host, _, port = config.web.rpartition(":")
    settings = uvicorn.Config(
        application(config, operators), host=host.strip("[]"), port=int(port), log_level="warning", access_log=False,
        server_header=False, timeout_graceful_shutdown=1, proxy_headers=False,
    )  # fmt: skip
    if life >= 0:
        asyncio.get_running_loop().add_reader(life, os._exit, 0)
    await uvicorn.Server(settings).serve()
    operators.close()


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--life", type=int, default=-1)
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.config, arguments.life))
    except DetenteError as error:
        print(f"web: {error}", file=sys.stderr, flush=True)
        sys.exit(3)
    except Exception:
        traceback.print_exc()
        sys.exit(4)


if __name__ == "__main__":
    main()
