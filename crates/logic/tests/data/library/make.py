#!/usr/bin/python3.11
"""Makes the cases that crates/logic/tests/library.rs checks, by asking CPython 3.11 itself.

    python3.11 make.py                       writes AREA.jsonl for every area, the same bytes each time
    python3.11 make.py AREA SEED COUNT       prints fresh cases of one area

A case is one line: [function, arguments, {"v": value} or {"e": [exception class, message]}].
"""
import json
import pathlib
import random
import sys
import warnings

HERE = pathlib.Path(__file__).parent
warnings.simplefilter("ignore")


def class_of(error):
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def outcome(function, *args):
    try:
        return {"v": function(*args)}
    except Exception as error:
        return {"e": [class_of(error), str(error)]}


def lines(area, seed, count):
    module = __import__(area)
    make = random.Random(f"{area} {seed}")
    for name, args in module.cases(make, count):
        yield json.dumps([name, args, outcome(getattr(module, "do_" + name), *args)], separators=(",", ":"))


AREAS = {"unicode_cases": 200, "ip_cases": 350, "pattern_cases": 600, "glob_cases": 600,
         "time_cases": 1200, "text_cases": 800}


def main():
    sys.path.insert(0, str(HERE))
    if len(sys.argv) > 1:
        for line in lines(sys.argv[1], sys.argv[2], int(sys.argv[3])):
            print(line)
        return
    for area, count in AREAS.items():
        path = HERE / f"{area.removesuffix('_cases')}.jsonl"
        path.write_text("".join(line + "\n" for line in lines(area, 2, count)))


if __name__ == "__main__":
    main()
