"""`decide` against the naive evaluator: keypolicy_decide.py PROGRAM [--pairs N] [--seed S]."""

import argparse
import json
import subprocess
import sys
from collections import Counter

import keypolicy_generated as generated
from keypolicy_naive import decide


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--requests", type=int, default=20, help="requests a policy")
    asked = parser.parse_args()
    rng = generated.generator(asked.seed)
    jobs = []
    for _ in range(-(-asked.pairs // asked.requests)):
        requests = [generated.request(rng) for _ in range(asked.requests)]
        jobs.append((generated.policy(rng), requests))
    lines = [
        generated.dump({"policy": generated.dump(policy), "requests": requests, "account": generated.OWN, "now": generated.NOW})
        for policy, requests in jobs
    ]
    ended = subprocess.run([asked.program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = ended.stdout.splitlines()
    assert len(answers) == len(jobs), f"{len(answers)} answers to {len(jobs)} jobs"
    counts, wrong = Counter(), 0
    for (policy, requests), line in zip(jobs, answers):
        answer = json.loads(line)
        if "error" in answer:
            sys.exit(f"{answer['error']}\n{json.dumps(policy, indent=1)}")
        for request, theirs in zip(requests, answer["decisions"], strict=True):
            ours = decide(policy, request, generated.OWN, generated.NOW)
            counts[ours] += 1
            if ours != theirs:
                wrong += 1
                if wrong <= 5:
                    print(f"naive {ours}, decide {theirs}\n{json.dumps(policy, indent=1)}\n{json.dumps(request, indent=1)}")
    total = sum(counts.values())
    shares = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    if min(counts[name] for name in ("ALLOW", "NEEDS_IAM", "IMPLICIT_DENY", "EXPLICIT_DENY")) * 200 < total:
        sys.exit(f"too few of one decision: {shares}")
    print(f"{total} pairs, {wrong} disagreements ({shares})")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
