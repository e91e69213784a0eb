#!/usr/bin/python3.11
"""Writes crates/logic/src/library/unicode/tables.rs: what the `re` of CPython 3.11 (Unicode 14) knows of characters.

Run it with Debian 12's python3.11 and redirect: python3.11 tables.py > ../../../src/library/unicode/tables.rs
"""
import _sre
import re._casefix
import sys

POINTS = [i for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]


def ranges(test):
    out = []
    for i in POINTS:
        if test(chr(i)):
            if out and out[-1][1] == i - 1:
                out[-1][1] = i
            else:
                out.append([i, i])
    return out


def deltas(pairs):
    """(first, last, step, delta) runs of a one-to-one map."""
    out = []
    for a, b in pairs:
        if out:
            first, last, step, delta = out[-1]
            if b - a == delta and a - last in (1, 2) and (step == 0 or a - last == step):
                out[-1] = [first, a, a - last, delta]
                continue
        out.append([a, a, 0, b - a])
    return [(f, l, s or 1, d) for f, l, s, d in out]


def rows(name, kind, doc, items):
    print(f"\n/// {doc}")
    print("#[rustfmt::skip]")
    print(f"pub(super) static {name}: &[{kind}] = &[")
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > 118:
            print(line)
            line = "   "
        line += f" {item},"
    if line.strip():
        print(line)
    print("];")


def pair(a, b):
    return f"({a:#x}, {b:#x})"


def points(text):
    return "&[" + ", ".join(f"{ord(c):#x}" for c in text) + "]"


print("//! What the `re` of CPython 3.11 (Unicode 14) knows of characters, made by `tests/data/library/tables.py`.")
lower = [(i, _sre.unicode_tolower(i)) for i in POINTS if _sre.unicode_tolower(i) != i]
rows("LOWER", "(u32, u32, u32, i32)",
     "One-to-one lower case as `re` uses it: first, last, step, what to add.",
     [f"({f:#x}, {l:#x}, {s}, {d})" for f, l, s, d in deltas(lower)])
rows("CASED", "(u32, u32)", "Ranges of characters that `re` holds to have a case.",
     [pair(a, b) for a, b in ranges(lambda c: _sre.unicode_iscased(ord(c)))])
rows("EXTRA_CASES", "(u32, &[u32])", "Other lower-case characters with the same upper case.",
     [f"({k:#x}, {points(map(chr, v))})" for k, v in sorted(re._casefix._EXTRA_CASES.items())])
