"""What the live oracles share: servers that are started and stopped, `keyreeve` against an endpoint, its findings as a table of verdicts."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEYREEVE = Path(os.environ.get("KEYREEVE", ROOT / "target" / "debug" / "keyreeve"))
ENDPOINT = re.compile(r"https?://127\.0\.0\.1:\d+")


class Failed(Exception):
    """The oracle's answer is no, or it could not be asked."""


@contextlib.contextmanager
def server(command, seconds=60, environment=None):
    """Starts a server that prints its endpoint; yields (endpoint, process, lines it has printed). Ends it, and only it."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, start_new_session=True)
        lines = []
        found = threading.Event()

        def follow():
            for line in process.stdout:
                lines.append(line)
                if ENDPOINT.search(line):
                    found.set()

        threading.Thread(target=follow, daemon=True).start()
        try:
            deadline = time.monotonic() + seconds
            while not found.wait(0.05):
                if process.poll() is not None or time.monotonic() > deadline:
                    errors.seek(0)
                    raise Failed(f"{' '.join(map(str, command))} told no endpoint: {''.join(lines)[-500:]}{errors.read()[-1500:]}")
            endpoint = next(ENDPOINT.search(line)[0] for line in lines if ENDPOINT.search(line))
            yield endpoint, process, lines
        finally:
            end(process, signal.SIGINT, 10)


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def end(process, told=signal.SIGTERM, seconds=60):
    """Tells a process to end, and makes it where it has not within that time."""
    if process.poll() is None:
        process.send_signal(told)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclasses.dataclass
class World:
    """A simulator that runs: where, as whom to call it, and where it leaves its counts when it ends."""

    endpoint: str
    access_key: str
    counts: Path
    process: subprocess.Popen


@contextlib.contextmanager
def simulator(*seed, faults=None, counts=None, more=()):
    """`keyreeve simulate`, seeded with a snapshot or by options."""
    command = [KEYREEVE, "simulate", *seed, "--port", "0", *more]
    if faults:
        command += ["--faults", faults]
    if counts:
        command += ["--counts", counts]
    with server(command) as (endpoint, process, lines):
        deadline = time.monotonic() + 5
        while not (found := re.search(r"AWS_ACCESS_KEY_ID=['\"]?(\w+)", "".join(lines))):
            if time.monotonic() > deadline:
                raise Failed(f"{command} told no access key: {''.join(lines)}")
            time.sleep(0.02)
        yield World(endpoint, found[1], counts, process)


def environment(endpoint, access_key="AKIAMOTOMOTOMOTOMOTO", region="us-east-1", home=None):
    """A person with static credentials and nothing else: no profile, no file, no other endpoint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
    return {**kept, "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "HOME": str(home or tempfile.gettempdir()), "NO_COLOR": "1"}


def keyreeve(arguments, env, expected=(0, 1, 4), seconds=300, cwd=None):
    """Runs it; a panic, a signal or an exit status that was not expected is a failure."""
    command = [str(KEYREEVE), *map(str, arguments)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds, cwd=cwd or tempfile.gettempdir())
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(command)} did not end within {seconds} s") from error
    if "panicked at" in done.stderr:
        raise Failed(f"{' '.join(command)} panicked: {done.stderr[-2000:]}")
    if expected is not None and done.returncode not in expected:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}, not {expected}: {done.stderr[-2000:]}")
    return done


def document(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"the findings document is not JSON ({error}): {text[:300]!r} … {text[-300:]!r}") from error


def verdicts(found):
    """(detection, resource) -> finding."""
    table = {}
    for finding in found["findings"]:
        place = (finding["detection_id"], finding["resource"]["id"])
        if place in table:
            raise Failed(f"{place} was judged twice")
        table[place] = finding
    return table


def snapshot(path):
    """A snapshot's lines by kind; the resources as a dictionary by ARN or id."""
    lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    by_kind = {kind: [line for line in lines if line.get("kind") == kind] for kind in ("header", "account", "error", "end")}
    by_kind["resource"] = {line.get("Arn") or line.get("ResourceId"): line for line in lines if line.get("kind") == "resource"}
    return by_kind


def conclude(name, problems, good, most=40):
    """Prints the outcome, and gives the exit status. The last line is what `oracles/run` shows."""
    for problem in problems[:most]:
        print(f"  {problem}")
    if len(problems) > most:
        print(f"  … and {len(problems) - most} more")
    print(f"{name}: {len(problems)} problems" if problems else f"{name}: {good}")
    return 1 if problems else 0
