"""The versions of the packages that check formats: they are pinned in requirements-schemas.txt, and nowhere else."""

import re
from pathlib import Path

FILE = Path(__file__).with_name("requirements-schemas.txt")


def pinned(*names):
    """The requirements of these packages, as pip takes them."""
    lines = [line.strip() for line in FILE.read_text(encoding="utf-8").splitlines()]
    known = {re.split(r"[\[=]", line)[0]: line for line in lines if line and not line.startswith("#")}
    return [known[name] for name in names]
