"""Cases of `datetime`."""
import datetime as dt
import math
import os
import time

os.environ["TZ"] = "UTC"
time.tzset()

UNITS = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"]
ISO = """2020-01-02 20200102 2020-W01 2020W01 2020-W01-3 2020W013 2020-01-02T03 2020-01-02T03:04 2020-01-02T03:04:05 2020-01-02T030405
2020-01-02T03:04:05.1 2020-01-02T03:04:05.123456 2020-01-02T03:04:05.1234567 2020-01-02T03:04:05,123 2020-01-02T03:04:05.
2020-01-02T03:04:05Z 2020-01-02T03:04:05z 2020-01-02T03:04:05+00:00 2020-01-02T03:04:05-00:00 2020-01-02T03:04:05+05:30
2020-01-02T03:04:05-08 2020-01-02T03:04:05+0530 2020-01-02T03:04:05+05:30:15 2020-01-02T03:04:05+05:30:15.123456 2020-01-02T03:04:05+24:00
2020-01-02T03:04:05-23:59:59.999999 2020-01-02T03:04:05+00:00:00.5 2020-01-02T03:04:05.123Z 2020-01-02T03:04:05.123456789Z 2020-01-02T12:+05:00
2020-01-02T12345678 2020-01-02T24:00:00 2020-01-02T23:60:00 2020-01-02T23:59:60 2020-13-01 2020-02-30 2021-02-29 2020-00-01 0000-01-01 0001-01-01
9999-12-31T23:59:59.999999 2020-1-2 2020-01-2 20-01-02 2020/01/02 2020-01-02\u00e903:04 2020-01-02\U0001f60003:04 2020-01-02x03:04 2020-01-02--03:04
2020-01-0203:04 2020-W53 2021-W53 2020-W53-7 2020-W00 2020-W54 2020-W01-0 2020-W01-8 2020W0112:30 2020W01112:30 2020W01T12:30 2020-W01T12:30
2020-W01-12:30 2020-W01-1T12:30 2020-W01-1212 2020-W01-0000 0001-W01-1 9999-W53 9999-W52-7 2020-W01- 2020-W 2020W1 2020-0102 202001-02 2020-01-02T 2020-01-02T3
2020-01-02T03:4 2020-01-02T0304:05 2020-01-02T03:0405 2020-01-02T+05:00 2020-01-02Z 2020-01-02T03Z 2020-01-02T03:04:05ZZ 2020-01-02T03:04:05+05:00Z
2020-01-02T03:04:05+5 2020-01-02T03:04:05+050 2020-01-02T03:04:05+05: 2020-01-02T03:04:05+05:3 2020-01-02T03:04:05+99:99 2020-01-02T03:04:05.-5
2020-01-02T03:04:05.abc 2020-01-02T03:04:05.12x 2020-01-02T03.5 2020-01-02T03:04.5 2020-01-02T03:04:05+05.5 1970-01-01T00:00:00 2020001 2020-001
\u0662\u0660\u0662\u0660-01-01 2020-01-02T03:04:05\u00e9 abcdefg""".split() + ["", "2020-01-02 03:04:05", " 2020-01-02", "2020-01-02 ", "2020-01-02T03:04:05 Z",
    "2020-01-02\n03:04", "2020-01-02T03:04:05 +00:00", "2020-01-02T03\x00", "2020-01-02T03:04:05\x00Z"]
STRPTIME = [
    ("2020-01-02T03:04:05Z", "%Y-%m-%dT%H:%M:%SZ"), ("2020-01-02T03:04:05.123Z", "%Y-%m-%dT%H:%M:%S.%fZ"), ("2020-01-02 03:04:05", "%Y-%m-%d %H:%M:%S"),
    ("2020-01-02  \t03:04:05", "%Y-%m-%d %H:%M:%S"), ("2020-01-0203:04:05", "%Y-%m-%d %H:%M:%S"), ("Thu Jan  2 03:04:05 2020", "%c"), ("Thu Jan 2 03:04:05 2020", "%a %b %d %H:%M:%S %Y"),
    ("01/02/20", "%x"), ("03:04:05", "%X"), ("1/2/2020", "%m/%d/%Y"), ("2020-1-2", "%Y-%m-%d"), ("Jan 02 2020", "%b %d %Y"), ("january 2, 2020", "%B %d, %Y"), ("MAY 1 99", "%b %d %y"),
    ("68", "%y"), ("69", "%y"), ("12 AM", "%I %p"), ("12 pm", "%I %p"), ("11 PM", "%I %p"), ("11 PM", "%H %p"), ("0 PM", "%I %p"), ("13 PM", "%I %p"), ("12", "%I"),
    ("2020-02-30", "%Y-%m-%d"), ("2021-02-29", "%Y-%m-%d"), ("02-29", "%m-%d"), ("0000-01-01", "%Y-%m-%d"), ("2020 366", "%Y %j"), ("2021 366", "%Y %j"), ("9999 366", "%Y %j"), ("000", "%j"),
    ("2020 10 1", "%Y %U %w"), ("2020 00 1", "%Y %W %w"), ("2020 53 6", "%Y %W %w"), ("2020 01 Mon", "%Y %W %a"), ("2020 10", "%Y %U"), ("2020 53 7", "%G %V %u"), ("2020 1 1", "%G %V %u"), ("2021 53 7", "%G %V %u"),
    ("2020 1", "%G %V"), ("2020 1 1", "%Y %V %u"), ("1 1", "%V %u"), ("1", "%V"), ("2020", "%G"), ("2020 1 1 5", "%G %V %u %j"), ("0001 1 1", "%G %V %u"),
    ("2020-01-01 +0530", "%Y-%m-%d %z"), ("+05:30", "%z"), ("-05:30", "%z"), ("Z", "%z"), ("z", "%z"), ("+053015", "%z"), ("+05:30:15", "%z"), ("+0530:15", "%z"), ("+05:3015", "%z"),
    ("+05:30:15.1234", "%z"), ("+053015.123456", "%z"), ("-05:30:15.5", "%z"), ("+5", "%z"), ("+24:00", "%z"), ("+23:59", "%z"), ("+05:60", "%z"), ("UTC", "%Z"), ("gmt", "%Z"), ("EST", "%Z"), ("UTC+00:00", "%Z%z"),
    ("+0530 UTC", "%z %Z"), ("2020-01-02T03:04:60", "%Y-%m-%dT%H:%M:%S"), ("61", "%S"), ("62", "%S"), ("24", "%H"), ("60", "%M"), ("7", "%f"), ("1234567", "%f"), ("000001", "%f"),
    ("2020", "%Y%%"), ("2020%", "%Y%%"), ("x", "%"), ("x", "%Q"), ("x", "% d"), ("x", "%.d"), ("x", "%E"), ("1 1", "%d %d"), ("", ""), ("a", ""), ("", "a"), ("a.b", "a.b"), ("axb", "a.b"), ("(x)[y]{z}", "(x)[y]{z}"),
    ("2020-01-02 extra", "%Y-%m-%d"), ("\u0662\u0660\u0662\u0660-\u0660\u0661-\u0660\u0662", "%Y-%m-%d"), ("\u017fun", "%a"), ("fr\u0130", "%a"), ("fr\u0131", "%A"), (" 2020", "%Y"), ("2020 ", "%Y"), ("2020\n", "%Y"), ("2020", " %Y"),
    ("a  b", "a b"), ("ab", "a b"), ("a\u00a0b", "a b"), ("20200102030405", "%Y%m%d%H%M%S"), ("202012", "%Y%m%d"), ("2020112", "%Y%m%d"), ("1 2", "%m %m"), ("Mon Monday", "%a %A"), ("10 11", "%H %I"), ("11 10 pm", "%I %H %p"),
    ("1999 20", "%Y %y"), ("20 1999", "%y %Y"), ("2020-01-02T03:04:05+00:00", "%Y-%m-%dT%H:%M:%S%z"), ("10/Oct/2020:13:55:36 -0700", "%d/%b/%Y:%H:%M:%S %z"), ("it's", "it's %Y"), ("31", "%d"), ("32", "%d"), ("feb 31", "%b %d"),
]
STRFTIME = ["%Y-%m-%dT%H:%M:%SZ", "%a %A %b %B %h", "%c|%x|%X|%D|%F|%T|%R|%r", "%C %y %Y %g %G", "%d|%e|%j|%m", "%H|%I|%k|%l|%M|%S|%f", "%p %P", "%s", "%u %w %U %W %V", "%z|%Z", "%%|%n|%t", "100%", "%Q %N %L %i %J", "é %Y 😀", ""]


def attempt(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def num(text):
    return None if text is None else float(text) if any(c in text for c in ".en") else int(text)


def zone(offset):
    return None if offset is None else dt.timezone.utc if offset == "0" else dt.timezone(dt.timedelta(microseconds=int(offset)))


def delta(micros):
    return dt.timedelta(microseconds=int(micros))


def datetime(spec):
    """An ordinal, microseconds of the day and an offset."""
    day, micros, offset = spec
    return (dt.datetime.combine(dt.date.fromordinal(day), dt.time()) + dt.timedelta(microseconds=micros)).replace(tzinfo=zone(offset))


def show_delta(d):
    return [repr(d), str(d), str(d.days), d.seconds, d.microseconds, repr(d.total_seconds())]


def show_date(d):
    return [repr(d), str(d), d.year, d.month, d.day, d.toordinal(), d.weekday(), d.isoweekday(), list(d.isocalendar())]


def show(d):
    return [repr(d), str(d), d.isoformat(), attempt(lambda: repr(d.timestamp())), list(d.timetuple())[:8], repr(d.tzinfo), d.tzname()]


def do_delta(units):
    return show_delta(dt.timedelta(**{k: num(v) for k, v in units.items()}))


def do_delta_pair(a, b):
    a, b = delta(a), delta(b)
    return [attempt(lambda: repr(a + b)), attempt(lambda: repr(a - b)), attempt(lambda: repr(a / b)), attempt(lambda: str(a // b)),
            attempt(lambda: repr(a % b)), a < b, a == b]


def do_delta_number(a, n):
    a, n = delta(a), num(n)
    whole = attempt(lambda: repr(a // n)) if isinstance(n, int) else None
    return [attempt(lambda: repr(a * n)), attempt(lambda: repr(a / n)), whole]


def do_delta_sign(a):
    a = delta(a)
    return [attempt(lambda: repr(-a)), attempt(lambda: repr(abs(a))), bool(a)]


def do_date(year, month, day):
    return show_date(dt.date(int(year), int(month), int(day)))


def do_date_iso(text):
    return show_date(dt.date.fromisoformat(text))


def do_ordinal(n):
    return show_date(dt.date.fromordinal(int(n)))


def do_date_shift(n, micros):
    day, d = dt.date.fromordinal(n), delta(micros)
    return [attempt(lambda: repr(day + d)), attempt(lambda: repr(day - d))]


def do_date_replace(n, year, month, day):
    given = {k: int(v) for k, v in dict(year=year, month=month, day=day).items() if v is not None}
    return repr(dt.date.fromordinal(n).replace(**given))


def do_date_timestamp(n):
    return repr(dt.date.fromtimestamp(num(n)))


def do_zone(micros, name):
    z = dt.timezone(delta(micros), name) if name is not None else dt.timezone(delta(micros))
    return [repr(z), str(z), z.tzname(None), repr(z.utcoffset(None))]


def do_new(fields, offset):
    return show(dt.datetime(**{k: int(v) for k, v in fields.items()}, tzinfo=zone(offset)))


def do_iso(text):
    return show(dt.datetime.fromisoformat(text))


def do_strptime(text, format):
    return show(dt.datetime.strptime(text, format))


def do_strftime(spec, format):
    return datetime(spec).strftime(format)


def do_date_strftime(n, format):
    return dt.date.fromordinal(n).strftime(format)


def do_isoformat(spec, timespec):
    return datetime(spec).isoformat("_", timespec)


def do_timestamp(n, offset):
    return [attempt(lambda: show(dt.datetime.fromtimestamp(num(n), zone(offset)))), attempt(lambda: show(dt.datetime.utcfromtimestamp(num(n))))]


def do_shift(spec, micros):
    a, d = datetime(spec), delta(micros)
    return [attempt(lambda: repr(a + d)), attempt(lambda: repr(a - d))]


def do_pair(a, b):
    a, b = datetime(a), datetime(b)
    return [a == b, attempt(lambda: a < b), attempt(lambda: a <= b), attempt(lambda: repr(a - b))]


def do_replace(spec, fields, has_zone, offset):
    given = {k: int(v) for k, v in fields.items()}
    if has_zone:
        given["tzinfo"] = zone(offset)
    return show(datetime(spec).replace(**given))


def do_astimezone(spec, offset):
    return show(datetime(spec).astimezone(zone(offset)))


def number(make):
    kind = make.randrange(8)
    if kind < 3:
        return str(make.randint(-1000, 1000))
    if kind == 3:
        return str(make.choice([0, 10**9, -10**9, 10**15, 2**63, -2**63, 10**30, -10**36]))
    if kind == 4:
        return repr(make.choice([0.5, -0.5, 1.5, 2.5, 0.1, 1e-6, 5e-7, 1.5e-6, 2.5e-6, 1e9, 1e20, -0.0, 1e300, 5e-324]))
    if kind == 5:
        return repr(math.ldexp(make.random() - 0.5, make.randint(-80, 80)))
    return repr(round(make.uniform(-1e6, 1e6), make.randint(0, 9)))


def micros(make):
    top = 999999999 * 86400 * 10**6
    return str(make.choice([0, 1, -1, 10**6, -10**6, 86400 * 10**6, top, -top, make.randint(-10**7, 10**7), make.randint(-10**15, 10**15), make.randint(-top, top), make.randint(-10**13, 10**13)]))


def spec(make):
    day = make.choice([1, 2, 3652059, 3652058, 719163, make.randint(1, 3652059), make.randint(730000, 740000), make.randint(730000, 740000)])
    return [day, make.choice([0, 1, 86399999999, make.randrange(86400) * 10**6, make.randrange(86400000) * 1000, make.randrange(86400 * 10**6)]), offset(make)]


def offset(make):
    return make.choice([None, None, "0", "3600000000", "-19800000000", "86399999999", "-86399000000", "15000000", str(make.randint(-86399999999, 86399999999))])


def mangled(make, text):
    text = list(text)
    for _ in range(make.randint(1, 2)):
        at = make.randint(0, len(text))
        text[at:at + make.randint(0, 1)] = make.choice(["", "", "0", "1", "9", ":", "-", "+", ".", ",", "Z", "T", "W", " ", "é", "x"])
    return "".join(text)


def cases(make, count):
    for text in ISO:
        yield "iso", [text]
        yield "date_iso", [text]
    for text, format in STRPTIME:
        yield "strptime", [text, format]
    for y, m, d in [(2020, 2, 29), (2021, 2, 29), (1, 1, 1), (9999, 12, 31), (0, 1, 1), (10000, 1, 1), (2020, 0, 1), (2020, 13, 1), (2020, 1, 0), (2020, 4, 31), (2**31, 1, 1), (-2**31 - 1, 1, 1), (2**63, 1, 1), (2020, -2**63 - 1, 1)]:
        yield "date", [str(y), str(m), str(d)]
    for n in [0, 1, 3652059, 3652060, -1, 2**31, 2**31 - 1, 10**20]:
        yield "ordinal", [str(n)]
    whole = dict(year="2020", month="2", day="3", hour="4", minute="5", second="6", microsecond="7")
    yield "new", [whole, None]
    for k, vs in dict(year="0 10000 1 9999", month="0 13", day="0 30", hour="-1 24", minute="60 -1", second="60 0", microsecond="1000000 0 2147483648").items():
        for v in vs.split():
            yield "new", [whole | {k: v}, "0"]
            yield "replace", [[737000, 86399999999, "0"], {k: v}, False, None]
    yield "new", [dict(year="2020", month="1", day="1"), None]
    for n, name in [("0", None), ("0", "UTC"), ("0", "x'y"), ("86400000000", None), ("-86400000000", None), ("86399999999", None), ("-1", None), ("-3600000000", None), ("5400000000", "IST"), ("61000000", None), ("500000", None)]:
        yield "zone", [n, name]
    for n in ["0", "-1", "1e18", "3e11", "253402300799", "253402300800", "253402300799.9999999", "-62135596800", "-62135596801", "-62135510400", str(2**62), str(2**63), str(-2**63), str(-2**63 - 1), "nan", "inf", "-inf", "0.5e-6", "1.5e-6", "2.5e-6", "-0.5e-6",
              "-1.5e-6", "0.9999995", "0.9999996", "-0.0000001", "1577836800.123456", "1577836800.1234565", "1e12", "-1e12", "67767976233532799", "67768036191676799", "67768036191676800", "-67768040609740800", "-67768040609740801", "1.7e9", "-1.5"]:
        for o in [None, "0", "3600000000"]:
            yield "timestamp", [n, o]
        yield "date_timestamp", [n]
    for format in STRFTIME:
        for s in [[737000, 3723000004, None], [1, 0, "0"], [3652059, 86399999999, "-19800000000"], [737425, 43200000000, "15000001"], [36, 46800000000, None]]:
            yield "strftime", [s, format]
        yield "date_strftime", [737000, format]
    for timespec in ["auto", "hours", "minutes", "seconds", "milliseconds", "microseconds", "weeks"]:
        yield "isoformat", [[737000, 3723000999, "0"], timespec]
        yield "isoformat", [[737000, 3723000000, None], timespec]
    for _ in range(count):
        kind = make.randrange(16)
        if kind == 0:
            yield "delta", [{k: number(make) for k in make.sample(UNITS, make.randint(1, 3))}]
        elif kind == 1:
            yield "delta_pair", [micros(make), micros(make)]
        elif kind == 2:
            yield "delta_number", [micros(make), number(make)]
        elif kind == 3:
            yield "delta_sign", [micros(make)]
            yield "date_shift", [spec(make)[0], micros(make)]
        elif kind == 4:
            yield "ordinal", [str(make.randint(1, 3652059))]
            yield "date_replace", [spec(make)[0], make.choice([None, "2021", "0"]), make.choice([None, "2", "13"]), make.choice([None, "30", "1"])]
        elif kind in (5, 6):
            yield "iso", [mangled(make, make.choice(ISO))]
            yield "iso", [datetime(spec(make)).isoformat()]
        elif kind == 7:
            yield "date_iso", [mangled(make, make.choice(ISO)[:10])]
        elif kind in (8, 9):
            text, format = make.choice(STRPTIME)
            yield "strptime", [mangled(make, text), format]
            format = make.choice([" ", "-", "", "T"]).join("%" + make.choice("YmdHMSfzjbBaAyIpUWwGVuZ") for _ in range(make.randint(1, 5)))
            yield "strptime", [datetime(spec(make)).strftime(format), format]
        elif kind == 10:
            yield "strftime", [spec(make), make.choice(STRFTIME)]
        elif kind == 11:
            n = make.choice([repr(make.uniform(-1e11, 3e11)), repr(make.uniform(0, 2e9)), repr(make.randint(0, 4 * 10**9) + make.randint(0, 2000000) / 2e6), str(make.randint(-10**11, 3 * 10**11))])
            yield "timestamp", [n, offset(make)]
        elif kind == 12:
            yield "shift", [spec(make), micros(make)]
        elif kind == 13:
            yield "pair", [spec(make), spec(make)]
        elif kind == 14:
            fields = {k: str(make.randint(0, 60)) for k in make.sample(list(whole), 2)}
            yield "replace", [spec(make), fields, make.random() < 0.3, offset(make)]
        else:
            yield "astimezone", [spec(make), offset(make)]
