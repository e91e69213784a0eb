"""Bodies of detections as CPython runs them: loaded afresh, under a stopped clock, with every outcome written down."""

import ast
import datetime
import importlib.util
import ipaddress
import json
import math
import os
import pickle
import resource
import signal
import sys
import warnings

from inputs import received

# What one call may take of the processor before its outcome counts as a limit of CPython's own, which nothing is compared with.
SECONDS_A_CALL = 0.2
# How many inputs of a body may end its process; after them the rest counts as cut short without being asked.
MOST_KILLED = 3
BYTES = 3 << 30


class Expired(BaseException):
    """A call took too long."""


def stop_the_clock(now):
    """Makes `datetime.now` and `utcnow` say the same moment for ever, for whatever is imported afterwards."""

    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            moment = now.replace(tzinfo=None) if tz is None else now.astimezone(tz)
            return cls.fromisoformat(moment.isoformat())

        @classmethod
        def utcnow(cls):
            return cls.fromisoformat(now.replace(tzinfo=None).isoformat())

        @classmethod
        def today(cls):
            return cls.now()

        def __repr__(self):
            return "datetime." + super().__repr__()

    Stopped.__name__ = Stopped.__qualname__ = "datetime"
    Stopped.__module__ = "datetime"
    datetime.datetime = Stopped


def confine():
    """Bounds what bodies can do to this process, and keeps them from the user's time zone."""
    os.environ["TZ"] = "UTC"
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.signal(signal.SIGVTALRM, expire)


def expire(_signal, _frame):
    raise Expired


class Body:
    """A detection's module, and what its source mentions."""

    def __init__(self, path, helpers):
        self.path = path
        self.folders = [os.path.dirname(os.path.abspath(path)), *map(os.path.abspath, helpers)]
        self.module = None
        with open(path, encoding="utf-8") as text:
            self.source = text.read()
        self.tree = ast.parse(self.source)
        self.names, self.constants = mentioned(self.tree)
        for imported in self.imported():
            names, constants = mentioned(imported)
            self.names |= names
            self.constants |= constants

    def imported(self):
        """The syntax trees of the helper modules that the body imports, and those that they import."""
        waiting, seen = [self.tree], set()
        while waiting:
            for path in imports_of(waiting.pop(), self.folders):
                if path not in seen:
                    seen.add(path)
                    with open(path, encoding="utf-8") as text:
                        tree = ast.parse(text.read())
                    waiting.append(tree)
                    yield tree

    def load(self):
        """Imports the module anew, its helpers too."""
        for name, module in list(sys.modules.items()):
            if os.path.dirname(getattr(module, "__file__", None) or "") in self.folders:
                del sys.modules[name]
        spec = importlib.util.spec_from_file_location("body_under_test", self.path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def answer(self, functions, text):
        """What each function gives for an input, asked in order about one and the same resource."""
        given = json.loads(text, object_hook=received)
        return {name: outcome(getattr(self.module, name), given) for name in functions}


class Apart:
    """A body in a process of its own. What CPython computes without ever looking up (`0.5 in range(2**63)` goes through the range in
    C, and no signal is heeded there) is ended by the kernel; the input counts as cut short, and the next begins in a new process."""

    def __init__(self, body):
        self.body = body
        self.child = None
        self.killed = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def answer(self, functions, text, afresh=False):
        """What `Body.answer` gives, of a module loaded afresh where that is asked for."""
        cut_short = {name: {"limit": "killed"} for name in functions}
        if self.killed >= MOST_KILLED:
            return cut_short
        if self.child is None:
            self.start()
        try:
            pickle.dump((functions, text, afresh), self.asking)
            self.asking.flush()
            return pickle.load(self.answers)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.end()
            self.killed += 1
            return cut_short

    def start(self):
        (asked, asking), (answers, answering) = os.pipe(), os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(asking)
            os.close(answers)
            try:
                self.serve(open(asked, "rb"), open(answering, "wb"))
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answering)
        self.asking, self.answers = open(asking, "wb"), open(answers, "rb")

    def serve(self, asked, answering):
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self.body.load()
        while True:
            try:
                functions, text, afresh = pickle.load(asked)
            except EOFError:
                return
            if afresh:
                self.body.load()
            used = resource.getrusage(resource.RUSAGE_SELF)
            # More than all functions together may take, in whole seconds.
            seconds = math.ceil(used.ru_utime + used.ru_stime + len(functions) * SECONDS_A_CALL) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
            pickle.dump(self.body.answer(functions, text), answering)
            answering.flush()

    def end(self):
        if self.child is None:
            return
        for pipe in (self.asking, self.answers):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        os.waitpid(self.child, 0)
        self.child = None


def imports_of(tree, folders):
    for node in ast.walk(tree):
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            named = [node.module]
        for name in named:
            for folder in folders:
                path = os.path.join(folder, name.replace(".", "/") + ".py")
                if os.path.exists(path):
                    yield path
                    break


def mentioned(tree):
    """Strings that may be keys, and every constant, of a syntax tree."""
    names, constants = set(), set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, (str, int, float, bool)):
            continue
        if isinstance(node.value, str) and (len(node.value) > 100 or "\n" in node.value):
            continue
        constants.add(node.value)
        if isinstance(node.value, str) and node.value.replace(":", "_").isidentifier():
            names.add(node.value)
    return names, constants


def outcome(function, given):
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_A_CALL)
    try:
        return {"value": encode(function(given))}
    except (RecursionError, MemoryError, Expired) as error:
        return {"limit": type(error).__name__}
    except BaseException as error:  # noqa: BLE001 - whatever a body raises is its outcome
        return {"raised": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


# Types whose repr says all there is to them.
WRITTEN = (
    datetime.datetime, datetime.date, datetime.timedelta, datetime.timezone, bytes, range,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
)


def encode(value, depth=0):
    """A value as JSON that keeps what JSON loses: int from float, tuple from list, sets, keys that are no strings."""
    if depth > 60:
        raise RecursionError
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        return {kind: [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        return {kind: [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {kind: [encode(item, depth + 1) for item in value]}
    return {"object": kind, "repr": repr(value) if isinstance(value, WRITTEN) else None}


def agree(theirs, ours):
    """Whether two outcomes are the same; None when there is nothing to compare."""
    if theirs == ours:
        return True
    if "limit" in theirs or "declined" in ours:
        return None
    if "raised" in theirs or "raised" in ours:
        return theirs.get("raised", "") == ours.get("raised", " ").rsplit(".", 1)[-1]
    return plain(theirs["value"]) == plain(ours["value"])


def plain(value):
    """An encoded value in the one form in which equal ones are equal: sets in order."""
    if not isinstance(value, dict):
        return value
    (kind, parts), *more = value.items()
    if kind in ("set", "frozenset"):
        return kind, sorted((plain(part) for part in parts), key=repr)
    if kind in ("list", "tuple"):
        return kind, [plain(part) for part in parts]
    if kind == "object":
        return kind, parts.rsplit(".", 1)[-1], dict(more)["repr"]
    if isinstance(parts, list):
        return kind, [(plain(key), plain(part)) for key, part in parts]
    return kind, parts
