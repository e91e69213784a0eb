"""The same judgement in plain CPython: json.loads and the detection's own policy(), line by line."""

import importlib.util
import json
import sys


def main(body, keys):
    spec = importlib.util.spec_from_file_location("detection", body)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    policy, failed = module.policy, 0
    with open(keys, "rb") as lines:
        for line in lines:
            failed += not policy(json.loads(line))
    print(failed)


main(*sys.argv[1:])
