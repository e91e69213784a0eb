"""Inputs for a body: mostly plausible, often wrong, made of the names and constants that it mentions and of its tests."""

import datetime
import json
import math

STRANGE = [
    "", " ", "\t x \n", "é", "ẞ", "İ", "ǅ", "ß", "ﬁ", "\u200b", "\u00a0", "😀", "e\u0301", "a\nb\r\nc\x0bd\x1ce\u2028f", "0", "1", "-1", "+7", "007", "1_000",
    " 12 ", "1.5", "1e3", "-0", "nan", "inf", "0x1f", "٣", "²", "true", "True", "None", "null", "*", "?", "[", "[a-z]*", "{}", "{0}", "%s", "%", "(", "\\", "a:b:c", "A",
    "arn:aws:iam::*:root", "arn:aws:iam::444455556666:user/x", "arn:aws:kms:eu-north-1:111111111111:key/1234", "::::::", "a.b.c", "x-y_z", "\x00",
]
TIMES = [
    "2026-05-06T07:08:09Z", "2026-05-06T07:08:09.123456Z", "2026-05-06T07:08:09.5+02:00", "2026-05-06 07:08:09", "2026-05-06", "2024-02-29", "2023-02-29",
    "20260506T070809", "2026-W19-3", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10/Oct/2026:13:55:36 +0000", "Nov 21, 2026 01:02:03 PM", "6 May 2026", "260506 07:08",
    "1790000000", "1790000000.25", "99999999999", "2026-13-01", "2026-05-06T25:00:00Z", "2026-05-06T07:08:09", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", "2026-08-23T00:00:00Z",
]
NETWORKS = [
    "10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "192.168.0.0/16", "0.0.0.0/0", "::/0", "0::/0", "::1", "2001:db8::/32", "2001:db8:ff:1::/64", "fe80::1%eth0", "100.64.0.0/10",
    "8.8.8.8", "255.255.255.255/32", "1.2.3", "01.2.3.4", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "::ffff:10.0.0.1", "224.0.0.1", "169.254.1.1", "198.51.100.7",
]
NUMBERS = [
    0, 1, -1, 2, 3, 7, 10, 22, 30, 80, 89, 90, 91, 255, 256, 365, 366, 443, 3389, 65535, 2560, 2**31, 2**53 + 1, 2**63, -2**63, 2**100, 0.0, -0.0, 0.5, 1.0, 1.5, 2.5, 365.0,
    0.1, 1e16, 1e22, 1e-7, 123456.789, 1.5e300, 5e-324, math.inf, -math.inf, math.nan,
]
DOCUMENTS = [
    "{}", "[]", "null", '"x"', "1", "{broken", '{"Statement": []}', '{"Statement": {}}', '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}',
    '{"Statement": {"Effect": "Deny", "Principal": {"AWS": ["a", "b"]}, "Action": ["kms:*"]}}', '{"a": NaN}', '{"a": 1, "a": 2}', "[1, 2.0, -0, 1e400, 123456789012345678901234567890]",
    "\ufeff{}", '"\\ud83d\\ude00"', ' { "a" : [ ] } ',
]


def send(value):
    """An input as JSON for the other side: floats that JSON has no text for go as {"__float__": "nan"}."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}
    if isinstance(value, dict):
        return {key: send(item) for key, item in value.items()}
    if isinstance(value, list):
        return [send(item) for item in value]
    return value


def received(made):
    """The other way round, as json.loads' object_hook."""
    return float(made["__float__"]) if len(made) == 1 and "__float__" in made else made


class Maker:
    """Makes inputs for one body."""

    def __init__(self, rng, names, constants, samples, now):
        self.rng = rng
        self.names = sorted(names) or ["X"]
        self.constants = sorted(constants, key=repr) or ["x"]
        self.samples = [json.dumps(send(sample)) for sample in samples]
        self.parts = parts_of(samples)
        self.now = now

    def text(self):
        """One input, as one line of JSON."""
        return json.dumps(send(self.made()))

    def made(self):
        if not self.samples or self.rng.random() < 0.15:
            made = {name: self.value() for name in self.names if self.rng.random() < 0.7}
        else:
            made = json.loads(self.rng.choice(self.samples), object_hook=received)
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 3, 5))):
            made = self.spoiled(made)
        return made if isinstance(made, dict) else {}

    def spoiled(self, value, depth=0):
        """The value with something in it changed; mostly deep inside."""
        if isinstance(value, dict) and (depth == 0 or self.rng.random() < 0.8):
            return self.spoiled_dict(value, depth)
        if isinstance(value, list) and value and self.rng.random() < 0.8:
            return self.spoiled_list(value, depth)
        if isinstance(value, str) and value[:1] in ("{", "[") and self.rng.random() < 0.85:
            return self.spoiled_document(value, depth)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self.rng.random() < 0.5:
            return value + self.rng.choice((1, -1, 0.5, 0.0)) if math.isfinite(value) else value
        if isinstance(value, str) and value and self.rng.random() < 0.4:
            return self.spoiled_text(value)
        return self.value(depth)

    def spoiled_dict(self, value, depth):
        value = dict(value)
        # A name that the body mentions and the sample lacks is the rarer, so that what is there gets its share.
        name = self.rng.choice(list(value)) if value and self.rng.random() < 0.8 else self.rng.choice(self.names)
        pick = self.rng.random()
        if pick < 0.2:
            value.pop(name, None)
        elif pick < 0.35 and self.parts.get(name):
            value[name] = self.rng.choice(self.parts[name])
        elif pick < 0.75 and name in value:
            value[name] = self.spoiled(value[name], depth + 1)
        else:
            value[name] = self.value(depth + 1)
        return value

    def spoiled_list(self, value, depth):
        place, pick = self.rng.randrange(len(value)), self.rng.random()
        if pick < 0.2:
            return value[:place] + value[place + 1 :]
        if pick < 0.35:
            return value + [value[place]]
        if pick < 0.45:
            return value[::-1]
        return value[:place] + [self.spoiled(value[place], depth + 1)] + value[place + 1 :]

    def spoiled_document(self, text, depth):
        try:
            return json.dumps(send(self.spoiled(json.loads(text), depth + 1)), ensure_ascii=self.rng.random() < 0.5)
        except ValueError:
            return self.value(depth)

    def spoiled_text(self, text):
        place = self.rng.randrange(len(text))
        return self.rng.choice((
            text.upper(), text.lower(), text.swapcase(), f" {text}", text + "\n", text[:place], text[place:], text[:place] + "*" + text[place:], text * 2, text + self.rng.choice(STRANGE),
            text.replace(text[place], "é"), text.replace(":", "", 1),
        ))

    def value(self, depth=0):
        pick = self.rng.random()
        if pick < 0.28:
            return self.rng.choice(self.constants)
        if pick < 0.42:
            return self.rng.choice((None, True, False))
        if pick < 0.55:
            return self.rng.choice(NUMBERS)
        if pick < 0.64:
            return self.rng.choice(STRANGE)
        if pick < 0.68:
            return self.rng.choice(NETWORKS)
        if pick < 0.74:
            return self.time()
        if pick < 0.77:
            return self.rng.choice(DOCUMENTS)
        if pick < 0.82:
            return self.rng.choice(self.parts[self.rng.choice(list(self.parts))]) if self.parts else ""
        if depth > 3:
            return self.rng.choice((None, [], {}, ""))
        if pick < 0.90:
            return [self.value(depth + 1) for _ in range(self.rng.randint(0, 4))]
        if pick < 0.97:
            return {self.rng.choice(self.names): self.value(depth + 1) for _ in range(self.rng.randint(0, 4))}
        return json.dumps(send(self.value(depth + 1)))

    def time(self):
        if self.rng.random() < 0.5:
            return self.rng.choice(TIMES)
        days = self.rng.choice((0, 1, 6, 7, 30, 44, 45, 46, 89, 90, 91, 364, 365, 366, 4000)) * self.rng.choice((1, -1))
        moment = self.now + datetime.timedelta(days=days, seconds=self.rng.choice((0, 0, 1, -1, 3600)))
        return moment.strftime(self.rng.choice(("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S+00:00")))


def parts_of(samples):
    """Every value that the samples hold under a name, by that name."""
    parts, waiting = {}, list(samples)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name, item in value.items():
                found = parts.setdefault(name, [])
                if item not in found and len(found) < 20:
                    found.append(item)
                waiting.append(item)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and value[:1] in ("{", "["):
            try:
                waiting.append(json.loads(value))
            except ValueError:
                pass
    return parts


def smaller(value):
    """Inputs that are simpler than this one by one step, the boldest steps first."""
    if isinstance(value, dict):
        for name in value:
            yield {key: item for key, item in value.items() if key != name}
        for name, item in value.items():
            for less in smaller(item):
                yield {**value, name: less}
    elif isinstance(value, list):
        if len(value) > 1:
            yield value[: len(value) // 2]
            yield value[len(value) // 2 :]
        for place in range(len(value)):
            yield value[:place] + value[place + 1 :]
        for place, item in enumerate(value):
            for less in smaller(item):
                yield value[:place] + [less] + value[place + 1 :]
    elif isinstance(value, str):
        yield from smaller_text(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float)) and value not in (0, 1):
        yield from (0, 1)


def smaller_text(text):
    if text[:1] in ("{", "["):
        try:
            for less in smaller(json.loads(text)):
                yield json.dumps(send(less), ensure_ascii=False)
        except ValueError:
            pass
    if text:
        yield ""
    if len(text) > 1:
        yield text[: len(text) // 2]
        yield text[len(text) // 2 :]
        if len(text) < 40:
            for place in range(len(text)):
                yield text[:place] + text[place + 1 :]
