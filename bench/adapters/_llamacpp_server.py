"""The child process of the llamacpp adapter: one model served on a loopback port, until the parent goes.

Run as a script. The first line of stdin is the settings as JSON; the first line of stdout is the address or the
error, as JSON. End of stdin ends the process: also a killed parent closes its end of the pipe. Imports nothing of
ours, so that it starts fast.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def serve(settings: dict[str, Any]) -> Any:
    """Load the model and return the listening server; whoever holds the returned object keeps it alive."""
    # Threads that wait for each other sleep after some 0.1 ms instead of burning the cores that others need: on a
    # machine with 12 runnable tasks for 2 cores the same four replies took 22 s of CPU instead of over 60.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = settings["path"]
    wanted.n_parallel = settings["slots"]
    wanted.n_ctx = settings["context"] * settings["slots"]
    wanted.n_gpu_layers = settings["gpu_layers"]
    wanted.api_keys = [settings["key"]]
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = settings["threads"]
    # Spinning threads take the cores from each other as soon as anything else runs.
    wanted.cpuparams.poll = wanted.cpuparams_batch.poll = 0
    # Nothing may depend on what was asked before, or on how much memory happens to be free.
    wanted.kv_unified, wanted.fit_params, wanted.cache_ram_mib = False, False, 0
    wanted.warmup, wanted.ui, wanted.verbosity = False, False, 1
    return xllamacpp.Server(wanted)


def main() -> None:
    """Serve until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not stand where the address is expected
    try:
        server = serve(json.loads(sys.stdin.readline()))
        answer = {"address": server.listening_address}
    except Exception as error:  # the one boundary between two processes
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
    if "error" not in answer:
        sys.stdin.read()
    os._exit(0)  # the server's threads have no other end


if __name__ == "__main__":
    main()
