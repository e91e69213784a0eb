#!/usr/bin/env python3
"""moto on loopback without keys, as oracles/moto_server.py makes it, with one more function replaced.

moto refuses DescribeKey where a Deny names the action, whatever the Deny's principals and conditions: half of what is compared here could not be read.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "oracles"))

import moto.kms.responses
import moto_server

moto.kms.responses.validate_policy = lambda key, action: None

if __name__ == "__main__":
    with tempfile.NamedTemporaryFile() as truth:
        sys.argv[1:] = ["--seed", "region", "--keys", "0", "--truth", truth.name]
        sys.exit(moto_server.main())
