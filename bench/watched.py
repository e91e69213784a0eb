"""Runs a program and tells what it cost: CPU as the kernel counts it (children that were waited for included), wall, the peak of its resident set."""

import os
import subprocess
import threading
import time


def high_water(pid):
    """MB at the peak, so far, of one process; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return max((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), default=0.0)
    except (OSError, IndexError):
        return 0.0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
            direct = [int(child) for child in listed.read().split()]
    except OSError:
        return []
    return direct + [grandchild for child in direct for grandchild in children(child)]


def cpu_seconds(pid):
    """User and system time of a process that is still running."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command, env=None, cores=None, out=None, errors=None, cwd=None, watch=None):
    """Cost and output of a command. `watch` is called some twenty times a second while it runs."""
    started = time.monotonic()
    with open(out or os.devnull, "wb") as sink, open(errors or os.devnull, "wb") as error_sink:
        child = subprocess.Popen([str(part) for part in command], stdout=sink, stderr=error_sink, env=env, cwd=cwd,
                                 preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)
        peaks = {}
        ended = threading.Event()

        def follow():
            while not ended.wait(0.02):
                for pid in (child.pid, *children(child.pid)):
                    peaks[pid] = max(peaks.get(pid, 0.0), high_water(pid))
                if watch:
                    watch(child.pid)

        watching = threading.Thread(target=follow, daemon=True)
        watching.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        ended.set()
        watching.join()
        child.returncode = os.waitstatus_to_exitcode(status)
    return {"status": child.returncode, "cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "mb": max(sum(peaks.values()), 0.0)}
