"""Cases of `urllib.parse`, `base64`, `binascii` and of what `json` writes."""
import base64
import binascii
import json
import math
import struct
import urllib.parse as up

URLS = """http://example.com https://User:Pa%20ss@Example.COM:8443/a/b;p?q=1&r=2#frag //host/path /path?x=1 path;a/b;c?d mailto:a@b.c
http://[::1]:80/ http://[fe80::1%eTh0]/x http://[1.2.3.4]/ http://[::1 http://::1] http://a[::1]/ http://[::1]x/ http://[v1.a]/ http://[v.a]/ http://[vG.a]/ http://[v1.]/
http://[x]/ http://u@[::1]/ http://[::1]@h/ http://a:b:c/ http://a:99999/ http://a:x/ http://a:/ http://a:0080/ http://a:-1/ http://@h/ http://u:@h/ http://:p@h/ http://u@v@h/
HTTP://X javascript:alert(1) 1http://x a+b-c.d:e +a:b :x http:x http:/x http:///x http://x?y#z http://x#y?z ?a #b a?b#c s3://bucket/key arn:aws:iam::1:role/x tel:+1;ext=2
file:///etc/passwd http://é/ http://x/é?ü#ß data:text/plain;base64,AA== https://x/;a/b https://x/a;b;c ftp://x/a;type=i git+ssh://h/p scheme:// http://x/a//b http:////x x://y;z""".split() + [
    "", " http://x ", "\t\nhttp://x\ny/\tz", "http://x/ a b", "\x00\x1fhttp://x", "ht\ntp://x", "http://x/\x00", "ja\tvascript:x", "http://[::1]:", "http://h:8\n0/"]
QUERIES = ["", "a=1", "a=1&b=2&a=3", "a", "a=", "=1", "&&a=1", "a=1&&b", "a+b=c+d", "a%20b=%41%zz%", "a=%C3%A9%c3", "é=ü&ü=%C3é%A9", "a=1;b=2", "a==b", "%26=%3D", "a=%F0%9F%98%80", "a=%ED%A0%80", "x=%00"]
BASE64 = ["", "QQ==", "QQ=", "QQ", "Q", "QUI=", "QUJD", "QUJDRA==", "QUJDRA=", "QUJDRAQ", "=QQ=", "==", "Q=Q=", "QQ=Q", "QQ==QQ==", "QQ== ", "QQ\n==", " QQ==", "Q Q = =", "QQ-_", "QQ+/", "-_-_", "é", "QUJD=",
          "QUJD==", "QUJD====", "A===", "AB=C=D", "AB=C", "ABC=D", "ABC==", "AB===", "AB=\n=", "A\x00BC", "AAAAA", "AAAAAAAAA", "ABCDE===", "AB!!=="]


def attempt(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def do_urlparse(url):
    p = up.urlparse(url)
    s = up.urlsplit(url)
    return [list(p), repr(p), p.geturl(), s.path, p.username, p.password, p.hostname, attempt(lambda: p.port)]


def do_parse_qs(query, blank, strict):
    return [list(map(list, up.parse_qs(query, blank, strict).items())), list(map(list, up.parse_qsl(query, blank, strict)))]


def do_unquote(text):
    return [up.unquote(text), up.unquote_plus(text), up.unquote_to_bytes(text).hex()]


def do_quote(text, safe):
    return [up.quote(text, safe), up.quote_plus(text, safe)]


def do_b64decode(text, strict):
    return base64.b64decode(text, validate=strict).hex()


def do_urlsafe_b64decode(text):
    return base64.urlsafe_b64decode(text).hex()


def do_b64encode(data):
    data = bytes.fromhex(data)
    return [base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode(), data.hex()]


def do_altchars(text, altchars):
    return base64.b64decode(text, altchars=altchars).hex()


def do_unhexlify(text):
    return binascii.unhexlify(text.encode("latin-1")).hex()


def do_json_string(text):
    return [json.dumps(text), json.dumps(text, ensure_ascii=False)]


def do_float(bits):
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    return [repr(number), json.dumps(number), attempt(lambda: json.dumps(number, allow_nan=False))]


def bits(number):
    return struct.pack(">d", number).hex()


def floats(make):
    kind = make.randrange(6)
    if kind == 0:
        return "%016x" % make.getrandbits(64)
    if kind == 1:
        return bits(round(make.uniform(-1e6, 1e6), make.randint(0, 8)))
    if kind == 2:
        return bits(make.randint(-2**60, 2**60) / 2**make.randint(0, 20))
    if kind == 3:
        return bits(float(make.randint(-10**make.randint(1, 25), 10**25)))
    if kind == 4:
        return bits(math.ldexp(make.randint(1, 2**20), make.randint(-60, 60)))
    return bits(make.choice([1, -1]) * 10.0**make.randint(-323, 308) * make.choice([1, 2, 5, 9.999999999999999]))


def cases(make, count):
    for url in URLS:
        yield "urlparse", [url]
    for query in QUERIES:
        for blank in (False, True):
            for strict in (False, True):
                yield "parse_qs", [query, blank, strict]
        yield "unquote", [query]
    for text in BASE64:
        yield "b64decode", [text, False]
        yield "b64decode", [text, True]
        yield "urlsafe_b64decode", [text]
        yield "altchars", [text, "-_"]
        yield "altchars", [text, "AA"]
    for text in ["", "00", "0", "zz", "0A1b", "é0", " 00"]:
        yield "unhexlify", [text]
    for text in ["", "".join(map(chr, range(0x180))), "é😀\u2028\uffff"]:
        yield "json_string", [text]
        yield "quote", [text, "/"]
        yield "quote", [text, "é& /"]
    for number in [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 0.1, 1e22, 1e23, 253401024537.703125]:
        yield "float", [bits(number)]
    for _ in range(count):
        kind = make.randrange(6)
        if kind == 0:
            url = list(make.choice(URLS))
            for _ in range(make.randint(1, 3)):
                url.insert(make.randint(0, len(url)), make.choice(":/?#[]@;%&=\t\n .vx1é"))
            yield "urlparse", ["".join(url)]
        elif kind == 1:
            query = "".join(make.choice(["a", "=", "&", "%41", "%C3", "%A9", "%", "+", "é", "1", "%e", "%F0%9F", "%98%80", "%ff", ";"]) for _ in range(make.randint(0, 10)))
            yield "unquote", [query]
            yield "parse_qs", [query, make.random() < 0.5, make.random() < 0.3]
        elif kind == 2:
            text = "".join(make.choice("ABZaz09+/-_== \n!") for _ in range(make.randint(0, 12)))
            yield "b64decode", [text, make.random() < 0.5]
            yield "b64encode", [bytes(make.randrange(256) for _ in range(make.randint(0, 9))).hex()]
        elif kind == 3:
            text = "".join(chr(make.choice([make.randrange(0xD800), make.randrange(128), make.randrange(0xE000, 0x110000)])) for _ in range(4))
            yield "json_string", [text]
            yield "quote", [text, make.choice(["", "/", "&é="])]
        else:
            yield "float", [floats(make)]
