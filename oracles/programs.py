"""Bodies made at random: Python in the subset that lowers, typed well enough to get somewhere, wrong often enough to raise.

An expression is grown from templates: `<s>` stands for an expression of kind `s`, `$v` for a fresh variable, and `<s|v:i>` for an
expression of kind `s` in which that variable may be used as an `i`. Nothing here lets the order of a set be seen.
"""

import json
import re

# i int, f float, s text, b truth, l list of text, n list of int, d dict of text to int, z set of text, a anything,
# r list of records, t moment, w span of time, k network, m moment's text, p tuple
FIELDS = {
    "i": ["Count", "Size", "Port"], "f": ["Ratio", "Cost"], "s": ["Name", "Owner", "State"], "b": ["Enabled", "Public"], "l": ["Aliases", "Zones"], "n": ["Ports", "Sizes"],
    "d": ["Tags"], "a": ["Extra", "Other"], "r": ["Rules"], "m": ["Created", "Expires"], "j": ["Policy"], "c": ["Cidr"],
}
RECORD = {"s": ["Name", "Kind"], "i": ["Size", "Port"], "b": ["Egress"], "l": ["Zones"]}
WORDS = [
    "", " ", "a", "abc", "Abc", "ABC", "prod", "dev-1", "a,b,,c", "x=1;y=2", "  padded ", "éa", "ß", "İi", "ǅ", "😀b", "12", "-7", "3.5", "0b1", "A1_b", "line\\nend\\n", "tab\\tbed", "%d%%", "{}", "a.b.c",
    "alias/prod/x", "arn:aws:kms:eu-north-1:111111111111:key/abc", "True", "None", "ﬁn", "a\\u0301", "٣", "²", "'", '\\"', "it's", "\\\\", "\\x00", "\\u2028", "\\xa0",
]
KEYS = ["a", "b", "env", "team", "Name", "missing"]
INTS = ["0", "1", "2", "3", "-1", "-2", "7", "10", "255", "365", "65536", "2**31", "2**53 + 1", "2**63", "-2**63", "10**20"]
FLOATS = ["0.0", "1.0", "-0.0", "0.5", "1.5", "2.5", "-2.5", "0.1", "1e16", "1e22", "1e-7", "3.14159", "123456.789", "1e308", "float('inf')", "float('nan')", "5e-324"]
PATTERNS = [
    r"\d+", r"[a-z]+", r"(\w)(\w*)", r"^a", r"c$", r"a|b", r"(?P<x>[A-Z])", r"\s*,\s*", r".", r"", r"\b\w", r"[^a-z]", r"(a)?b", r"\W", r"(?i)ABC", r"^$", r"a{2,}", r"[\w-]+/(.*)", r"\.",
    r"(?:x=)?(\d)", r".*?c", r"\Z", r"é", r"[à-ü]", r"\S+$", r"(?m)^\w",
]
GLOBS = ["*", "a*", "*c", "?", "[a-c]*", "[!a]*", "alias/*", "*.b.*", "", "**", "[", "[]a]", "A*", "a?c", "*-[0-9]"]
SPECS = ["", "5", "<5", ">8", "^9", "*^9", "05", "+", ",", "_", "d", "x", "#x", "X", "b", "#o", "e", ".2f", "08.3f", "g", ".3", "%", ".1%", "s", ".2", "10.3s", "n", "c", " ", "+.1e", "=+8", ",.2f", "<", "z.1f", "#.3g"]
DIRECTIVES = ["%Y-%m-%d", "%d %B %Y", "%H:%M:%S", "%a %b %d", "%j", "%y%m%d", "%I:%M %p", "%Y-%m-%dT%H:%M:%SZ", "%f", "%%", "%A", "%m/%d/%Y"]
PARSES = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S%z", "%d/%b/%Y:%H:%M:%S %z", "%b %d, %Y", "%H:%M", "%j %Y", "%y%m%d"]
NETWORKS = ["10.0.0.0/8", "192.168.1.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32", "fe80::/10", "100.64.0.0/10", "172.16.0.0/12"]

GRAMMAR = {
    "i": """<i> + <i>|<i> - <i>|<i> * <i>|<i> // <i>|<i> % <i>|-<i>|abs(<i>)|len(<s>)|len(<l>)|len(<d>)|len(<z>)|len(<a>)|sum(<n>)|min(<n>)|max(<n>)|<s>.find(<s>)|<s>.count(<s>)|<s>.rfind(<s>, <i>)|<s>.index(<s>)
        |<n>[<i>]|<d>[<y>]|<d>.get(<y>, <i>)|int(<f>)|int(<s>)|int(<s>, 16)|int(<b>)|round(<f>)|<i> & <i>|<i> \\| <i>|<i> ^ <i>|<i> << 3|<i> >> 2|~<i>|<i> if <b> else <i>|<i> or <i>|<i> and <i>|max(<i>, <i>)|min(<i>, <i>, <i>)
        |<l>.index(<s>)|<n>.count(<i>)|ord(<s>[:1])|divmod(<i>, <i>)[0]|sum(<i|v:i> for $v in <n>)|sum(1 for $v in <l> if <b|v:s>)|len([$v for $v in <r> if <b|v:R>])|next(($v for $v in <n> if <b|v:i>), <i>)|<t>.year|<t>.day|<w>.days
        |<w>.seconds|<t>.weekday()|ipaddress.ip_network(<c>).prefixlen|<k>.num_addresses|<i> ** 2|pow(<i>, 2, 7)|len(json.loads(<j>))|max(<l>, key=len, default=<s>).count(<s>)|round(<i>, -1)|sorted(<n>)[<i>]|<d>.setdefault(<y>, <i>)|len(set(<n>))|len(<p>)|<i> // -7|-<i> % 7|len(range(<i>, 20, 3))|sum(<n>, <i>)|int(f"<(><Qi><)>")|min(<l>, key=len).find(<s>)|sum(map(len, <l>))""",
    "f": """<f> + <f>|<f> - <i>|<f> * <f>|<f> / <f>|<i> / <i>|<f> // <f>|<f> % <f>|float(<i>)|float(<s>)|round(<f>, 2)|round(<f>, <i> % 5)|abs(<f>)|-<f>|<f> ** 2|max(<f>, <i>)|sum(<n>) / len(<n>)|<f> if <b> else <f>|<w>.total_seconds()
        |<w> / timedelta(hours=1)|<i> * 0.1|sum([<f>, <f>, <f>])|divmod(<f>, <f>)[1]|<f> or <f>|<t>.timestamp()|<i> ** -1|<f> - <f>""",
    "s": """<s> + <s>|<s> * (<i> % 5)|<s>.upper()|<s>.lower()|<s>.strip()|<s>.title()|<s>.capitalize()|<s>.casefold()|<s>.swapcase()|<s>[<i>]|<s>[<i>:<i>]|<s>[::-1]|<s>[<i>:]|<s>[:<i>:2]|<s>.replace(<s>, <s>)|<s>.replace(<s>, <s>, 1)
        |<s>.lstrip(<s>)|<s>.rstrip(<s>)|<s>.strip(<s>)|<s>.zfill(<i> % 12)|<s>.center(<i> % 12, "*")|<s>.ljust(<i> % 12)|<s>.rjust(<i> % 12, ".")|<s>.removeprefix(<s>)|<s>.removesuffix(<s>)|<s>.split(<s>)[<i>]|<s>.split()[0]
        |<s>.partition(<s>)[2]|<s>.rpartition(<s>)[0]|<s>.expandtabs(4)|<s>.join(<l>)|", ".join(<l>)|str(<i>)|str(<f>)|str(<a>)|repr(<a>)|repr(<s>)|str(<l>)|str(<d>)|str(<b>)|<l>[<i>]|<s> or <s>|<s> and <s>|<s> if <b> else <s>
        |f"<(><Qs><)>-<(><Qi><)>"|f"<(><Qs>!r<)>"|f"<(><Qs>!a:>12<)>"|f"<(><Qi>:<spec><)>"|f"<(><Qf>:<spec><)>"|f"<(><Qs>:<spec><)>"|f"<(><Qa><)>/<(><Qb><)>"|f"<(><Qt>:%Y/%m<)>"|"%s and %s" % (<s>, <a>)|"%d/%5.1f" % (<i>, <f>)|"%r" % (<a>,)|"%-6s/%x" % (<s>, <i>)
        |"<(><)> <(><)>".format(<s>, <i>)|"<(>1<)>,<(>0!r<)>".format(<s>, <a>)|"<(>x:>6<)>".format(x=<s>)|format(<f>, "<spec>")|format(<i>, "<spec>")|min(<l>)|max(<s>, <s>)|sorted(<l>)[0]|"".join(sorted(<s>))|"".join($v for $v in <s> if <b|v:s>)
        |re.sub(r"<pattern>", <s>, <s>)|re.sub(r"<pattern>", "-", <s>, count=1)|(re.search(r"<pattern>", <s>) or [<s>])[0]|re.escape(<s>)|json.dumps(<a>)|json.dumps(<d>, sort_keys=True)|json.dumps(<l>, indent=1)|json.dumps(<a>, separators=(",", ":"))
        |json.dumps(<s>, ensure_ascii=False)|str(<t>)|<t>.isoformat()|<t>.strftime("<directive>")|str(<w>)|str(<k>)|str(ipaddress.ip_address(<c>))|str(<k>.network_address)|chr(<i>)|hex(<i>)|bin(<i>)|oct(<i>)|<l>[-1]|next(iter(<l>), <s>)|ascii(<s>)
        |base64.b64encode(<s>.encode()).decode()|base64.b64decode(<s>).decode("utf-8", "replace")|<s>.encode("ascii", "ignore").decode()|helper_text(<s>, <i>)|helper_text(<s>, n=<i>)|reduce(lambda $v, $u: $v + $u, <l>, <s>)|<a>["Name"]|str(<n>)
        |(lambda $v: <s|v:s>)(<s>)|str(<p>)|str(<i> / 7)|<d>.get(<y>) or <s>|str(<e>)|getattr(<a>, "nothing", <s>)""",
    "b": """<i> < <i>|<i> <= <f>|<f> > <f>|<i> == <i>|<i> != <f>|<s> == <s>|<s> != <s>|<s> < <s>|<i> < <i> <= <i>|not <b>|<b> and <b>|<b> or <b>|<b> or <b> or <b>|<s> in <s>|<s> in <l>|<s> not in <l>|<y> in <d>|<s> in <z>|<i> in <n>|<a> is None|<a> is not None
        |<a> is True|<a> == <a>|<a> != <i>|<a> in (None, "", 0)|bool(<a>)|bool(<s>)|bool(<l>)|isinstance(<a>, str)|isinstance(<a>, (int, float))|isinstance(<a>, dict)|isinstance(<a>, (list, tuple))|isinstance(<i>, bool)|<s>.startswith(<s>)
        |<s>.endswith((<s>, <s>))|<s>.startswith(<s>, 1)|<s>.isdigit()|<s>.isalpha()|<s>.isalnum()|<s>.isupper()|<s>.islower()|<s>.isspace()|<s>.istitle()|<s>.isidentifier()|<s>.isnumeric()|<s>.isdecimal()|<s>.isascii()|<s>.isprintable()
        |any(<b|v:s> for $v in <l>)|all(<b|v:i> for $v in <n>)|any(<b|v:R> for $v in <r>)|all(<b|v:R> for $v in <r> if <b|v:R>)|any([<b>, <b>, <b>])|all((<b>, <b>))|any(<l>)|all(<n>)|<l> == <l>|<n> < <n>|<d> == <d>|<z> <= <z>|<z> == <z>|<z>.issubset(<l>)
        |<z>.isdisjoint(<l>)|bool(<z> & <z>)|<z> > <z>|fnmatch(<s>, "<glob>")|fnmatchcase(<s>, <s>)|any(fnmatch(<s>, $v) for $v in <l>)|bool(re.match(r"<pattern>", <s>))|re.fullmatch(r"<pattern>", <s>) is not None|bool(re.search(<s>, <s>))
        |<t> < <t>|<t> - <t> > <w>|<w> < <w>|<t>.date() == <t>.date()|ipaddress.ip_address(<c>) in ipaddress.ip_network(<c>, strict=False)|<k>.is_private|<k>.overlaps(<k>)|<k>.subnet_of(<k>)|ipaddress.ip_address(<c>).is_global|<k> == <k>|<k>.version == 4
        |<b> if <b> else <b>|<b> == <b>|<a> in <a>|<s> > <i>|helper_test(<a>, <i>)|helper_test(limit=<i>, value=<a>)|bool(<d>)|<p> < <p>|<p> == <p>|<b> is True|<b> is not False|callable(<a>)|hasattr(<a>, "get")|next((True for $v in <n> if <b|v:i>), False)
        |bool(list(filter(None, <l>)))|<a> and <b>|None is <a>|<i> in range(<i>, <i>)|<t>.tzinfo is None|<i> == <b>|len({*<l>}) == len(<l>)|not <a>|not not <s>|bool(<i> & <i>)""",
    "l": """<s>.split()|<s>.split(<s>)|<s>.split(",", <i>)|<s>.rsplit(".", 1)|<s>.splitlines()|list(<s>)|<l> + <l>|<l>[<i>:]|<l>[::-1]|sorted(<l>)|sorted(<l>, key=len)|sorted(<l>, key=lambda $v: <i|v:s>, reverse=True)|sorted(<z>)|list(<d>)|list(<d>.keys())
        |[<s|v:s> for $v in <l>]|[<s|v:s> for $v in <l> if <b|v:s>]|[<s|v:i> for $v in <n>]|[<s|v:R> for $v in <r>]|[$u for $v in <r> for $u in $v["Zones"]]|[<s>, <s>]|[<s>, *<l>]|[]|<l> * 2|list(map(str, <n>))|list(map(lambda $v: <s|v:s>, <l>))|list(filter(None, <l>))
        |list(filter(lambda $v: <b|v:s>, <l>))|list(reversed(<l>))|re.findall(r"[a-z]+", <s>)|re.split(r"<pattern>", <s>)|<l> or [<s>]|<l> if <b> else <l>|json.loads(<j>)["Names"]|list(<s>.partition(<s>))|helper_list(<a>)
        |helper_list(<l>)|[$v for $v, $u in <d>.items() if <b|u:i>]|[$v + str($u) for $u, $v in enumerate(<l>)]|[$v for $v in <l> if ($u := <s|v:s>) and <b|u:s>]|sorted({<s|v:s> for $v in <l>})|[f"<(>$v<)><(>$u<)>" for $v, $u in zip(<l>, <n>)]|<l>[:<i>]|list(<l>)|<l>.copy()""",
    "n": """[<i>, <i>]|[<i|v:i> for $v in <n>]|[len($v) for $v in <l>]|sorted(<n>)|sorted(<n>, reverse=True)|<n>[<i>:<i>]|<n> + [<i>]|list(range(<i> % 6))|list(range(5, <i> % 9, -1))|list(<d>.values())|[$v["Size"] for $v in <r> if <b|v:R>]|[$v for $v in <n> if <b|v:i>]|[*<n>, <i>]
        |<n> * 2|<n>[::2]|sorted(set(<n>))|[ord($v) for $v in <s>[:3]]|list(divmod(<i>, <i>))|list(map(abs, <n>))|[$v * $u for $v in <n> for $u in <n>][:9]|<n> if <b> else []|[int($v) for $v in <l>]|[max($v, $u) for $v, $u in zip(<n>, <n>[1:])]""",
    "d": """{<s>: <i>, <s>: <i>}|{$v: <i|v:s> for $v in <l>}|{$v: len($v) for $v in <l> if <b|v:s>}|dict(<d>)|{**<d>, <s>: <i>}|{**<d>, **<d>}|<d> \\| <d>|dict(zip(<l>, <n>))|{$v["Name"]: $v["Size"] for $v in <r>}|{$v: $u for $v, $u in <d>.items() if <b|u:i>}|dict(<d>, a=<i>)
        |{$u: $v for $v, $u in enumerate(<l>)}|<d> if <b> else <d>|<d>.copy()|dict(sorted(<d>.items()))|<d> or {<s>: <i>}|dict(Counter(<l>))|dict(Counter(<s>).most_common(3))|dict([(<s>, <i>)])|Counter(<l>)|Counter(<d>) + Counter(<l>)|Counter(<s>) - Counter(<s>)|OrderedDict(<d>)|OrderedDict(<d>) \\| <d>|defaultdict(int, <d>)|Counter(<l>) \\| Counter(<s>)|Counter(<d>) & Counter(<d>)""",
    "z": """set(<l>)|{<s>, <s>}|<z> & <z>|<z> \\| <z>|<z> - <z>|<z> ^ <z>|{<s|v:s> for $v in <l>}|<z>.union(<l>)|<z>.intersection(<l>)|<z>.difference(<l>)|<z>.symmetric_difference(<l>)|frozenset(<l>)|set()|set(<d>)|<d>.keys() & <d>.keys()|set(<s>)|set(<d>) - {<s>}|{*<l>, <s>}|<z>.copy()""",
    "a": """<i>|<f>|<s>|<b>|None|<l>|<n>|<d>|<p>|<a> or <a>|<a> and <a>|<a> if <b> else <a>|<d>.get(<y>)|json.loads(<j>)|json.loads(<s>)|json.loads(json.dumps(<a>))|<a>[<i>]|<a>[<s>]|<a>.get(<y>)|<a>.get(<y>, <a>)|[<a>, <a>]|{<s>: <a>}|(<a>,)|<a> + <a>|max(<a>, <a>)|sorted([<a>, <a>])
        |list(<a>)|<a>[-1]|<a>["Statement"]|deep(<a>, <y>, <y>)|deep(<a>, <y>, default=<a>)|<r>[0]|<t>|<w>|<k>|next(iter(<r>), None)|<r>|sorted(<r>, key=lambda $v: <i|v:R>)|sorted(<r>, key=lambda $v: ($v["Egress"], -$v["Size"]))|list(<d>.items())|list(enumerate(<l>))|list(zip(<l>, <n>))
        |[$v.get("Port") for $v in <r>]|{$v["Name"]: $v for $v in <r>}|(re.match(r"(\\w)(\\w*)", <s>) or 0) and re.match(r"(\\w)(\\w*)", <s>).groups()|[$v.span() for $v in re.finditer(r"<pattern>", <s>)]|re.findall(r"<pattern>", <s>)|datetime.strptime(<m>, "<parse>")|<e>|int(<a>)|float(<a>)|str(<a>)
        |bool(<a>)|tuple(<a>)|len(<a>)|min(<a>)|sum(<a>)|<a> == <a>|<a> < <a>|<a> * 2|<a> - <a>|-<a>|<a> % <a>|<a> in <a>|round(<a>, 1)|dict(<a>)|set(<a>) and 1|list(reversed(<a>))|<a>.items() and 1|Counter(<a>) and 1|any(<a>)|abs(<a>)|[*<a>]|{**<a>}|helper_list(<a>)|divmod(<a>, <a>)|<a>.lower()|<a>[1:]""",
    "e": """(<s>).join(<a>)|list(<a>)[<i>]|sum(<l>)|<d>[<s>]|[$v for $v in <a>]|<a>.upper()|int(<a>)|{<a>: <a>}|sorted(<a>)""",
    "p": """(<i>, <s>)|(<s>,)|()|tuple(<l>)|(<i>, <i>, <i>)|<p> + (<i>,)|<p>[<i>:]|<s>.partition(":")|divmod(<i>, 7)|tuple(<n>)|(*<l>, <i>)|tuple(<i|v:i> for $v in <n>)|tuple(sorted(<z>))|(<b>, <a>)""",
    "t": """parsed(<m>)|parsed(<m>)|datetime(2026, 1 + <i> % 12, 1 + <i> % 28, tzinfo=timezone.utc)|<t> + <w>|<t> - <w>|datetime.now(timezone.utc)|<t>.replace(hour=<i> % 24)|datetime.fromisoformat(<m>)|datetime.fromtimestamp(<i>, timezone.utc)|max(<t>, <t>)|<t>.astimezone(timezone(timedelta(hours=2)))""",
    "w": """<t> - <t>|timedelta(days=<i>)|timedelta(hours=<i> % 100, minutes=<i> % 1000)|<w> * 2|<w> + <w>|-<w>|abs(<w>)|timedelta(seconds=<f>)|<w> // 3|max(<w>, <w>)""",
    "k": """ipaddress.ip_network(<c>)|ipaddress.ip_network(<c>, strict=False)|ipaddress.ip_network("<network>")|ipaddress.ip_network("<network>")|ipaddress.IPv4Network(<c>)|ipaddress.IPv6Network(<c>)""",
    "m": """<m>.replace("Z", "+00:00")|<m>.strip()|<m> or <m>|<s>""",
    "c": """<c>|<c>|"<network>"|<s>""",
    "j": """<j>|json.dumps(<d>)|json.dumps(<a>)|<s>""",
    "r": """[$v for $v in <r> if <b|v:R>]|sorted(<r>, key=lambda $v: <i|v:R>)|<r>[<i>:]|<r> or []|<r>[::-1]|list(reversed(<r>))""",
    "y": """<s>""",
}
GRAMMAR = {kind: [it.strip() for it in re.split(r"(?<!\\)\|(?![a-z]:)", text)] for kind, text in GRAMMAR.items()}

HEAD = '''"""Made at random; what it says means nothing."""

import base64
import ipaddress
import json
import re
from collections import Counter, OrderedDict, defaultdict
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatch, fnmatchcase
from functools import reduce

SEEN = ["prod", "dev"]
LIMITS = {"prod": 3, "dev": 1.5, "a": 0}


def deep(tree, *path, default=None):
    for key in path:
        if not isinstance(tree, dict):
            return default
        tree = tree.get(key)
    return default if tree is None else tree


def parsed(text):
    for spelling in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, spelling).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    raise ValueError(text)


def helper_text(text, n=2):
    if n > 3:
        return text
    return text.upper() if text else str(n)


def helper_test(value, limit):
    if value is None:
        return False
    try:
        return len(value) > limit
    except TypeError:
        return value == limit


def helper_list(value):
    if isinstance(value, list):
        return value
    return [value] if value else []
'''
ENTRIES = ("policy", "reason", "title", "description", "severity", "runbook", "dedup", "alert_context")


class Program:
    """A body, and inputs on which much of it can be computed."""

    def __init__(self, rng):
        self.rng = rng
        self.fresh = 0
        parts = [HEAD]
        for name in ENTRIES:
            parts.append("\n\n" + self.function(name))
        self.source = "".join(parts)
        self.samples = [self.sample() for _ in range(6)]

    def function(self, name):
        """One function. What does not compile (a walrus in the wrong place) is made again."""
        while True:
            self.scopes = [{}]
            lines = self.block(3, 1) if self.rng.random() < 0.6 else []
            lines.append(f"return {self.grow(self.rng.choice('iibbsssaalnndfpz'), self.rng.choice((1, 2, 2, 3)))}")
            text = f"def {name}(resource):\n" + "".join(f"    {line}\n" for line in lines)
            try:
                compile(text, name, "exec")
            except SyntaxError:
                continue
            return text

    # Expressions.

    def grow(self, kind, depth):
        if self.rng.random() < 0.01:
            kind = self.rng.choice("ifsblndapa")
        if depth <= 0 or self.rng.random() < 0.12 or kind not in GRAMMAR:
            return self.leaf(kind)
        return self.fill(self.rng.choice(GRAMMAR[kind]), depth - 1)

    def fill(self, template, depth):
        names = {mark: self.name() for mark in set(re.findall(r"\$(\w)", template))}

        def hole(found):
            kind, _, bound = found.group(1).partition("|")
            if kind.startswith("Q"):
                return self.quotable(kind[1:])
            if kind in FREE:
                return self.rng.choice(FREE[kind])
            if not bound:
                return self.wrapped(kind, depth)
            mark, _, of = bound.partition(":")
            self.scopes.append({names[mark]: of})
            try:
                return self.wrapped(kind, depth)
            finally:
                self.scopes.pop()

        text = re.sub(r"<(Q?[a-z]+(?:\|\w:\w)?)>", hole, template.replace("\\|", "\0"))
        text = text.replace("\0", "|").replace("<(>", "{").replace("<)>", "}")
        return re.sub(r"\$(\w)", lambda found: names[found.group(1)], text)

    def wrapped(self, kind, depth):
        text = self.grow(kind, depth)
        return text if re.fullmatch(r"[\w.]+|resource(\.get\([^()]*\)|\[[^\[\]]*\])|\"[^\"]*\"", text) else f"({text})"

    def quotable(self, kind):
        """An expression that can stand in an f-string of Python 3.11: without its quotes and without backslashes."""
        text = self.grow(kind, self.rng.choice((0, 0, 1)))
        if "\\" in text or "'" in text or 'f"' in text:
            return "resource['Size']"
        return f"({text})".replace('"', "'")

    def leaf(self, kind):
        variables = [name for scope in self.scopes for name, of in scope.items() if of == kind]
        if variables and self.rng.random() < 0.7:
            return self.rng.choice(variables)
        records = [name for scope in self.scopes for name, of in scope.items() if of == "R"]
        if records and kind in RECORD and self.rng.random() < 0.7:
            return f'{self.rng.choice(records)}["{self.rng.choice(RECORD[kind])}"]'
        if kind in FIELDS and self.rng.random() < 0.65:
            return self.field(kind, self.rng.choice(FIELDS[kind]))
        return self.literal(kind)

    def field(self, kind, name):
        pick = self.rng.random()
        if pick < 0.6:
            return f'resource["{name}"]'
        if pick < 0.8:
            return f'resource.get("{name}")'
        return f'resource.get("{name}", {self.literal(kind)})'

    def literal(self, kind):
        choose = self.rng.choice
        if kind == "i":
            return f"({choose(INTS)})"
        if kind == "f":
            return f"({choose(FLOATS)})"
        if kind in ("s", "e"):
            return '"' + choose(WORDS) + '"'
        if kind == "y":
            return f'"{choose(KEYS)}"'
        if kind == "m":
            return choose(('"2026-05-06T07:08:09Z"', '"2024-02-29"', '"soon"'))
        if kind == "c":
            return f'"{choose(NETWORKS)}"'
        if kind == "j":
            return choose(("'{\"Names\": [\"a\", \"b\"], \"n\": 1}'", "'[1, 2.5, null]'", "'{'"))
        return {
            "b": choose(("True", "False")), "l": choose(('["a", "b"]', "[]", "SEEN")), "n": choose(("[3, 1, 2]", "[]", "[1, 1.0, True]")), "d": choose(('{"a": 1, "b": 2}', "{}", "LIMITS")),
            "z": choose(('{"a", "prod"}', "set()", 'frozenset(["a"])')), "a": choose(("None", "(0)", '""', "[]", "True", '{"a": {"b": 1}}', "(1.0)")), "r": '[{"Name": "x", "Size": 1, "Egress": False, "Zones": ["a"]}]',
            "t": "datetime(2026, 1, 1, tzinfo=timezone.utc)", "w": "timedelta(days=1, seconds=5)", "k": 'ipaddress.ip_network("10.0.0.0/16")', "p": choose(("(1, 2)", '("a",)', "()")), "R": '{"Name": "x", "Size": 2}',
        }[kind]

    def name(self):
        self.fresh += 1
        return f"v{self.fresh}"

    # Statements.

    def block(self, length, depth):
        lines = []
        for _ in range(self.rng.randint(1, length)):
            lines += self.statement(depth)
        return lines

    def inner(self, depth, extra=None):
        """An indented block; what it binds stays visible, so that later code may meet it unbound."""
        if extra:
            self.scopes[0].update(extra)
        return ["    " + line for line in self.block(2, depth - 1)]

    def statement(self, depth):
        kinds = ["assign", "assign", "assign", "return_if", "augment"]
        if depth > 0:
            kinds += ["if", "for", "for", "try", "while", "effect", "search", "unpack", "item"]
        return getattr(self, self.rng.choice(kinds) + "_statement")(depth)

    def assign_statement(self, _):
        kind = self.rng.choice("ifsblndazr")
        value = self.grow(kind, 2)
        name = self.name()
        self.scopes[0][name] = kind
        return [f"{name} = {value}"]

    def unpack_statement(self, _):
        one, other = self.name(), self.name()
        source, kinds = self.rng.choice((("<s>.split(':', 1)", "ss"), ("<p>", "aa"), ("divmod(<i>, 7)", "ii"), ("<l>", "ss"), ("<i>, <s>", "is"), ("sorted(<n>)[:2]", "ii")))
        star = self.rng.random() < 0.3
        value = self.fill(source, 2)
        self.scopes[0].update({one: kinds[0], other: "l" if star else kinds[1]})
        return [f"{one}, {'*' if star else ''}{other} = {value}"]

    def augment_statement(self, _):
        bound = [(name, kind) for name, kind in self.scopes[0].items() if kind in "isfl"]
        if not bound:
            return ["pass"]
        name, kind = self.rng.choice(bound)
        return [f"{name} {self.rng.choice({'i': ['+=', '-=', '*='], 'f': ['+=', '/='], 's': ['+='], 'l': ['+=']}[kind])} {self.grow(kind, 2)}"]

    def return_if_statement(self, _):
        return [f"if {self.grow('b', 2)}:", f"    return {self.grow(self.rng.choice('bsia'), 2)}"]

    def if_statement(self, depth):
        lines = [f"if {self.grow('b', 2)}:", *self.inner(depth)]
        if self.rng.random() < 0.3:
            lines += [f"elif {self.grow('a', 2)}:", *self.inner(depth)]
        if self.rng.random() < 0.6:
            lines += ["else:", *self.inner(depth)]
        return lines

    def for_statement(self, depth):
        name = self.name()
        source, of = self.rng.choice((("l", "s"), ("n", "i"), ("r", "R"), ("s", "s"), ("a", "a")))
        lines = [f"for {name} in {self.grow(source, 2)}:", *self.inner(depth, {name: of})]
        pick = self.rng.random()
        if pick < 0.25:
            lines += [f"    if {self.grow('b', 2)}:", f"        {self.rng.choice(('break', 'continue'))}"]
        elif pick < 0.5:
            lines += [f"    if {self.grow('b', 2)}:", f"        return {self.grow(self.rng.choice('bsi'), 2)}"]
        if self.rng.random() < 0.25:
            lines += ["else:", *self.inner(depth)]
        return lines

    def search_statement(self, _):
        """The loop that most policies are."""
        name, flag = self.name(), self.name()
        self.scopes[0].update({flag: "b"})
        rows = self.grow("r", 2)
        self.scopes.append({name: "R"})
        test = self.grow("b", 2)
        self.scopes.pop()
        return [f"{flag} = False", f"for {name} in {rows} or []:", f"    if {test}:", f"        {flag} = True", f"        {self.rng.choice(('break', 'continue', 'return True'))}"]

    def while_statement(self, depth):
        name = self.name()
        return [f"{name} = 0", f"while {name} < {self.rng.randint(1, 4)}:", f"    {name} += 1", *self.inner(depth)]

    def try_statement(self, depth):
        classes = self.rng.choice(("KeyError", "(ValueError, TypeError)", "Exception", "LookupError", "ValueError", "AttributeError", "ZeroDivisionError", "ArithmeticError", ""))
        lines = ["try:", *self.inner(depth), f"except {classes}:" if classes else "except:"]
        lines += self.inner(depth) if self.rng.random() < 0.6 else ["    pass"]
        if self.rng.random() < 0.2:
            lines += ["else:", *self.inner(depth)]
        if self.rng.random() < 0.2:
            lines += ["finally:", *self.inner(depth)]
        return lines

    def effect_statement(self, _):
        name = self.name()
        kind, values, call = self.rng.choice((
            ("l", "<l> + []", "append(<s>)"), ("l", "list(<l>)", "extend(<l>)"), ("l", "list(<l>)", "insert(<i>, <s>)"), ("l", "list(<l>)", "remove(<s>)"), ("l", "list(<l>)", "sort(key=len)"), ("n", "list(<n>)", "sort(reverse=True)"),
            ("l", "list(<l>)", "reverse()"), ("l", "list(<l>)", "pop(<i>)"), ("d", "dict(<d>)", "update(<d>)"), ("d", "dict(<d>)", "pop(<y>)"), ("d", "dict(<d>)", "pop(<y>, <i>)"), ("z", "set(<l>)", "add(<s>)"),
            ("z", "set(<l>)", "discard(<s>)"), ("z", "set(<l>)", "remove(<s>)"), ("z", "set(<l>)", "update(<l>)"), ("d", "dict(<d>)", "setdefault(<y>, <i>)"), ("d", "dict(<d>)", "popitem()"), ("n", "list(<n>)", "clear()"), ("d", "Counter(<l>)", "update(<d>)"), ("d", "Counter(<l>)", "subtract(<l>)"), ("d", "OrderedDict(<d>)", "move_to_end(<y>)"),
        ))
        lines = [f"{name} = {self.fill(values, 2)}", f"{name}.{self.fill(call, 2)}"]
        self.scopes[0][name] = kind
        return lines

    def item_statement(self, _):
        name = self.name()
        kind, values, change = self.rng.choice((
            ("l", "list(<l>)", "[<i>] = <s>"), ("l", "list(<l>)", "[1:] = <l>"), ("n", "list(<n>)", "[0] += <i>"), ("d", "dict(<d>)", "[<s>] = <i>"), ("d", "dict(<d>)", "[<y>] += <i>"), ("d", "{**<d>}", "[<y>] = <i>"),
        ))
        lines = [f"{name} = {self.fill(values, 2)}", f"{name}{self.fill(change, 2)}"]
        if self.rng.random() < 0.3:
            lines.append(f"del {name}[{self.rng.choice(('0', '1:', '-1')) if kind in 'ln' else self.literal('y')}]")
        self.scopes[0][name] = kind
        return lines

    # Inputs.

    def sample(self):
        choose = self.rng.choice
        word = lambda: json.loads('"' + choose([it for it in WORDS if "\\x" not in it]) + '"')  # noqa: E731
        words = lambda: [word() for _ in range(self.rng.randint(0, 4))]  # noqa: E731
        number = lambda: choose((0, 1, 2, 3, 7, 22, 80, 443, 3389, -1, 365, 65535))  # noqa: E731
        moment = lambda: choose(("2026-05-06T07:08:09Z", "2024-02-29T00:00:00Z", "2026-11-20T23:00:00Z", "2030-01-01", "1999-12-31T23:59:59Z", "soon"))  # noqa: E731
        rule = lambda: {"Name": word(), "Kind": word(), "Size": number(), "Port": number(), "Egress": choose((True, False)), "Zones": words()}  # noqa: E731
        made = {}
        for kind, names in FIELDS.items():
            for name in names:
                made[name] = {
                    "i": number, "f": lambda: choose((0.5, 1.5, 2.25, -1.0, 1e6, 0.1, 1e16)), "s": word, "b": lambda: choose((True, False)), "l": words, "n": lambda: [number() for _ in range(self.rng.randint(0, 4))],
                    "d": lambda: {choose(KEYS): number() for _ in range(self.rng.randint(0, 3))}, "a": lambda: choose((None, number(), word(), words(), {choose(KEYS): {choose(KEYS): number()}}, [], True, 1.5)),
                    "r": lambda: [rule() for _ in range(self.rng.randint(0, 3))], "m": moment, "j": lambda: json.dumps(choose(({"Names": words(), "n": number()}, {"Statement": [{"Effect": "Allow"}]}, [number()], None))),
                    "c": lambda: choose(NETWORKS + ["10.1.2.3", "8.8.8.8", "::1", "10.1.2.3/8"]),
                }[kind]()
        return made


FREE = {"pattern": PATTERNS, "glob": GLOBS, "spec": SPECS, "directive": DIRECTIVES, "parse": PARSES, "network": NETWORKS}
