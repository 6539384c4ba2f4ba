"""An execution environment: a process that serves one invocation at a time."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Final

from ministack.core import lambda_runtime

from embedded_aws.functions.bootstrap import END_OF_LOG
from embedded_aws.functions.environment import function_environment
from embedded_aws.functions.memory import held
from embedded_aws.functions.unpack import unpacked
from embedded_aws.runtimes import interpreter
from embedded_aws.state import StateDir

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
_LOOK_SECONDS: Final = 0.25
"""How often a running function's memory is looked at."""
_INIT_SECONDS: Final = 60.0
"""AWS allows 10 s; two cores that also run Spark need longer for the same imports."""
_LOG_SECONDS: Final = 5.0


class FunctionWorker(lambda_runtime.Worker):
    """Replaces MiniStack's worker for Python runtimes; MiniStack keeps pooling and reaping them."""

    _proc: Any
    """The process, or None; MiniStack's reaper reads it and sets it, too."""

    def _spawn(self) -> None:
        state = StateDir.current()
        code = unpacked(self.code_zip, state.unpacked)
        layers = [unpacked(layer, state.unpacked) for layer in _layers(self.config)]
        state.temporary.mkdir(parents=True, exist_ok=True)
        python = interpreter(self.config.get("Runtime", "")) or sys.executable
        self._tmpdir = tempfile.mkdtemp(dir=state.temporary, prefix=f"{self.func_name}-")
        self._proc = subprocess.Popen(
            [str(python), "-S", "-s", str(_BOOTSTRAP)],
            cwd=code,
            env=function_environment(self.config, code, layers, Path(self._tmpdir)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._log: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._pump(self._proc.stdout, self._answers)
        self._pump(self._proc.stderr, self._log)
        self._start_time = time.time()

    def _pump(self, stream: IO[str], into: queue.SimpleQueue[str | None]) -> None:
        def run() -> None:
            for line in stream:
                into.put(line.rstrip("\n"))
            into.put(None)

        threading.Thread(target=run, daemon=True, name=f"lambda-{self.func_name}").start()

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Run one invocation: `{"result": ...}` or `{"error": {...}}`, with `log` and `memory`."""
        with self._lock:
            log = ""
            if self._proc is None or self._proc.poll() is not None:
                self._spawn()
                started = self._answer(time.monotonic() + _INIT_SECONDS)
                log = self._read_log()
                if "error" in started:
                    self._end()
                    return started | {"log": log}
            timeout = float(self.config.get("Timeout", 3))
            self._send(
                {
                    "event": event,
                    "request_id": request_id,
                    "arn": invoked_function_arn or self.config.get("FunctionArn", ""),
                    "deadline": time.time() + timeout,
                    "trace_id": trace_id,
                }
            )
            answer = self._answer(time.monotonic() + timeout)
            if answer.get("ended"):
                self._end()
            return answer | {"log": "\n".join(filter(None, (log, self._read_log())))}

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._proc.stdin.write(json.dumps(message) + "\n")
            self._proc.stdin.flush()
        except BrokenPipeError:
            return  # The process has ended; reading its answer will say so.

    def _answer(self, deadline: float) -> dict[str, Any]:
        """The outcome of an invocation, or of the process that should have served it."""
        peak = 0
        while True:
            try:
                line = self._answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                peak = max(peak, held(self._proc.pid))
                if peak > int(self.config.get("MemorySize", 128)) << 20:
                    return self._killed(
                        "Runtime.OutOfMemory", f"used {peak >> 20} MB of memory and was killed"
                    )
                if time.monotonic() >= deadline:
                    seconds = float(self.config.get("Timeout", 3))
                    return self._killed(
                        "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds"
                    )
                continue
            if line is None:
                return self._killed(
                    "Runtime.ExitError", f"Runtime exited with status {self._proc.wait()}"
                )
            answer: dict[str, Any] = json.loads(line)
            return answer | {"memory": max(peak, held(self._proc.pid))}

    def _killed(self, error_type: str, message: str) -> dict[str, Any]:
        self._proc.kill()
        return {"ended": True, "error": {"errorType": error_type, "errorMessage": message}}

    def _end(self) -> None:
        process, self._proc = self._proc, None
        process.kill()
        process.wait()
        self._discard_tmpdir()

    def _read_log(self) -> str:
        lines: list[str] = []
        deadline = time.monotonic() + _LOG_SECONDS
        while (rest := deadline - time.monotonic()) > 0:
            try:
                line = self._log.get(timeout=rest)
            except queue.Empty:
                break
            if line is None:
                break
            if line.endswith(END_OF_LOG):
                lines.append(line.removesuffix(END_OF_LOG))
                break
            lines.append(line)
        return "\n".join(lines).rstrip("\n")


def _layers(config: dict[str, Any]) -> list[bytes]:
    """The archives of a function's layers; later ones win, so they come first on the path."""
    from ministack.services import lambda_svc

    references = reversed(config.get("Layers") or [])
    archives = (lambda_svc._resolve_layer_zip(reference) for reference in references)
    return [archive for archive in archives if archive]
