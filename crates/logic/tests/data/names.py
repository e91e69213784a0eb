#!/usr/bin/python3.11
"""Writes src/names.txt: the attributes that instances of each class in src/class.rs have in CPython 3.11.

One class a line: its path, then its names without those of `object`; for exceptions without those of `BaseException`.
"""
import builtins
import importlib
import os
import re
import sys
import types

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "src")
HIDDEN = {
    "dict_keys": type({}.keys()),
    "dict_values": type({}.values()),
    "dict_items": type({}.items()),
    "list_iterator": type(iter([])),
}
INSTANCE = {"json.decoder.JSONDecodeError": ["msg", "doc", "pos", "lineno", "colno"], "re.error": ["msg", "pattern", "pos", "lineno", "colno"]}


# The peer's own classes: their names are listed here, since the peer is not installed.
EVENT = "deep_walk data_model event_time_epoch json_encoder lookup lookup_function udm udm_path".split()
MAPPING = "deep_get get items keys raw_view to_dict values".split()
SEALED = "__contains__ __getitem__ __iter__ __len__ __reversed__ copy mutable_type register".split()
PEER = {
    "panther_core.enriched_event.PantherEvent": EVENT + MAPPING + SEALED,
    "panther_core.immutable.ImmutableCaseInsensitiveDict": MAPPING + SEALED,
    "panther_core.immutable.ImmutableList": ["as_list", "count", "index"] + SEALED,
}


def find(path):
    if path in HIDDEN:
        return HIDDEN[path]
    if "." not in path:
        return getattr(builtins, path)
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def main():
    with open(os.path.join(ROOT, "class.rs"), encoding="utf-8") as file:
        paths = re.findall(r'^    [A-Z0-9_]+ "([^"]+)"', file.read(), re.M)
    lines = []
    for path in paths:
        if path in PEER:
            lines.append(" ".join([path] + sorted(PEER[path])))
            continue
        cls = find(path)
        if path.startswith(("collections.abc.", "numbers.")):
            continue
        base = BaseException if issubclass(cls, BaseException) and cls is not BaseException else object
        names = [name for name in dir(cls) if name not in dir(base)] + INSTANCE.get(path, [])
        lines.append(" ".join([path] + sorted(names)))
    lines.append(" ".join(["object"] + sorted(dir(object))))
    with open(os.path.join(ROOT, "names.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines[1:]) + "\n")


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 11), "the reference is CPython 3.11"
    main()
