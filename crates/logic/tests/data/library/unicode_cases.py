"""What CPython knows of every character, summed up."""
import _sre
import re._casefix

POINTS = [i for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]
EXTRA = re._casefix._EXTRA_CASES
PROPERTIES = {
    "alnum": lambda i: chr(i).isalnum(),
    "decimal": lambda i: chr(i).isdecimal(),
    "space": lambda i: chr(i).isspace(),
    "printable": lambda i: chr(i).isprintable(),
    "cased": lambda i: bool(_sre.unicode_iscased(i)),
    "lower": _sre.unicode_tolower,
    "extra_cases": lambda i: sum(EXTRA.get(i, ())),
}


def do_sum(name):
    """The number of characters with the property, and a hash of all answers in order."""
    of, count, hash_ = PROPERTIES[name], 0, 0
    for i in POINTS:
        answer = int(of(i))
        count += answer != 0
        hash_ = (hash_ * 31 + answer) & 0xFFFFFFFF
    return [count, hash_]


def do_repr(text):
    return repr(text)


def do_repr_bytes(data):
    return repr(bytes.fromhex(data))


def cases(make, count):
    for name in PROPERTIES:
        yield "sum", [name]
    for text in ["", "'", '"', "'\"", "\\", "\n\r\t\x00\x7f\x80\xa0\xad\u200b\u2028\ufeff\U000e0001\U0001f600é", "it's"]:
        yield "repr", [text]
    yield "repr_bytes", [bytes(range(256)).hex()]
    yield "repr_bytes", [b"it's".hex()]
    for _ in range(count):
        yield "repr", ["".join(chr(make.choice([make.randrange(0xD800), make.randrange(0xE000, 0x110000), make.randrange(256)]))
                               for _ in range(8))]
