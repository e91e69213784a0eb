#!/usr/bin/python3.11
"""Writes src/unicode/unicode14.txt: what CPython 3.11 knows of characters (Unicode 14), and prints its digests.

First section: runs of code points with the same properties, each `gap length properties` in hexadecimal, the gap counted
from the end of the run before; runs without properties are left out. Then one section a mapping: runs `gap count step
delta` of characters mapped to one other, and `character=text` where the result has several. Sections end with a blank line.
"""
import os
import sys

BITS = ["alpha", "decimal", "digit", "numeric", "upper", "lower", "title", "space", "printable", "cased", "ignorable",
        "identifier_start", "identifier"]


def properties(text):
    cased = (text + "A").title()[-1] == "a"
    ignorable = (text + "\u03a3").lower()[-1] != "\u03c2" if cased else ("A" + text + "\u03a3").lower()[-1] == "\u03c2"
    flags = [text.isalpha(), text.isdecimal(), text.isdigit(), text.isnumeric(), text.isupper(), text.islower(),
             text.istitle() and not text.isupper(), text.isspace(), text.isprintable(), cased, ignorable,
             text.isidentifier(), ("a" + text).isidentifier()]
    return sum(1 << bit for bit, flag in enumerate(flags) if flag)


def characters():
    return (code for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def property_section():
    runs = []
    for code in characters():
        value = properties(chr(code))
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == value:
            runs[-1][1] = code
        else:
            runs.append([code, code, value])
    end, words = 0, []
    for first, last, value in runs:
        if value:
            words.append(f"{first - end:x} {last - first + 1:x} {value:x}")
            end = last + 1
    return words


def mapping_section(convert):
    runs, special = [], []
    for code in characters():
        result = convert(chr(code))
        if result == chr(code):
            continue
        if len(result) > 1:
            special.append(f"{code:x}={result}")
            continue
        delta = ord(result) - code
        for run in runs[-2:][::-1]:
            first, last, step, known = run
            if known == delta and code - last in (1, 2) and step in (0, code - last):
                run[1], run[2] = code, code - last
                break
        else:
            runs.append([code, code, 0, delta])
    end, words = 0, []
    for first, last, step, delta in runs:
        count = (last - first) // step + 1 if step else 1
        gap = first - end
        words.append(f"{'-' if gap < 0 else ''}{abs(gap):x} {count:x} {max(step, 1):x} {'-' if delta < 0 else ''}{abs(delta):x}")
        end = first
    return words + special


def digest(values):
    """FNV-1a over code points and values, a number at a time."""
    state = 0xCBF29CE484222325
    for code, value in values:
        for number in [code] + value:
            state = (state ^ number) * 0x100000001B3 % 2**64
    return state


def main():
    mappings = [("lower", str.lower), ("upper", str.upper), ("title", str.title), ("fold", str.casefold)]
    sections = [property_section()] + [mapping_section(convert) for _, convert in mappings]
    lines = []
    for section in sections:
        line = ""
        for word in section:
            if len(line) + len(word) > 115:
                lines.append(line)
                line = ""
            line += ("," if line else "") + word
        lines += [line, ""]
    path = os.path.join(os.path.dirname(__file__), "..", "..", "src", "unicode", "unicode14.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    print("properties", hex(digest((code, [properties(chr(code))]) for code in characters())))
    for name, convert in mappings:
        print(name, hex(digest((code, [ord(result) for result in convert(chr(code))]) for code in characters())))


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 11), "the reference is CPython 3.11"
    main()
