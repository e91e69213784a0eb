"""The same judgement by Panther's engine: panther_core's Policy.run in batch mode, line by line."""

import json
import sys
from unittest import mock

from panther_core.policy import Policy


def main(body, keys):
    with open(body, encoding="utf-8") as text:
        policy = Policy({"id": "AWS.CMK.KeyRotation", "analysisType": "POLICY", "body": text.read(), "versionId": "1",
                         "resourceTypes": ["AWS.KMS.Key"]})
    failed = 0
    nothing = {}
    with open(keys, "rb") as lines:
        for line in lines:
            result = policy.run(json.loads(line), nothing, nothing, True)
            failed += result.detection_output is False
    print(failed)


main(*sys.argv[1:])
