"""Cases of `re`."""
import re

FIELD = [
    (r"^[\d]+@cloudservices\.gserviceaccount\.com$", 0, ["123@cloudservices.gserviceaccount.com", "x123@cloudservices.gserviceaccount.com\n", "٣@cloudservices.gserviceaccount.com"]),
    (r"^.*\.svc\.id\.goog\[kube-system/.*\]$", 0, ["p.svc.id.goog[kube-system/default]", "p.svc.id.goog[other/x]"]),
    (r"COPY\s+INTO\s+(?:\$\$|')?@([\w\./]+)(?:\$\$|')?\s+FROM", re.I, ["copy into @a.b/c from t", "COPY INTO '@x' FROM y", "copy\u2003into $$@é$$ FROM"]),
    (r"alter\s+user\s+(.+?)\s+.*?set\s+disabled\s*=\s*false", re.I, ["ALTER USER bob  SET disabled = FALSE", "alter user a b set disabled=false;"]),
    (r"[\w.+%-]+@[\w.-]+\.[a-zA-Z]{2,}", 0, ["mail to <a.b+c@ex-ample.co.uk> now", "no mail"]),
    (r"(?P<user>[^@]+)@(?P<host>[^@]+)", 0, ["root@host", "@", "a@b@c"]),
    (r":assumed-role/.+/i-[0-9a-f]+$", 0, ["arn:aws:sts::1:assumed-role/r/i-0abc12\n", "arn:aws:sts::1:assumed-role/r/i-0abc12x"]),
    (r"\.(\d+)Z", 0, ["2020-01-01T00:00:00.123456Z", "Z"]),
    (r"^[A-Za-z0-9+/]*={0,2}$", 0, ["SGVsbG8=", "SGVsbG8===", ""]),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", 0, ["from 10.0.0.1, 1.2.3", "1.2.3.4.5"]),
    (r"from ([-\s\w]+) to ([-\s\w]+)", 0, ["Changed from view only to can edit - now", "from a to b to c"]),
    (r"(\w+)\s+\1", re.I, ["Hello hello", "a b", "ſ S", "K k"]),
    (r"(?x) a  # one\n [ b#] \# c", 0, ["a #c", "ab#c", "a b"]),
    (r"(?im)^error: (.*)$", 0, ["x\nERROR: disk\nerror: y\n"]),
    (r"a{,2}b{2,}c{3}d{1,2}?e{0}f{,}g{", 0, ["aabbcccddfg{", "bbcccdg{"]),
    (r"(?>a+)b|a++c|(?:ab?)*+a", 0, ["aaab", "aac", "aba"]),
    (r"(?i:straße|K)", 0, ["STRASSE", "Straẞe", "k", "\u212a", "STRAßE"]),
    (r"(?a:\w+)\w+", 0, ["abcé", "éa"]),
    (r"(?-i:a)B", re.I, ["ab", "AB", "aB"]),
    (r"(a)|(b)|(c)", 0, ["c", "b", "x"]),
    (r"((a)|(b))*", 0, ["ab", "ba", "bb", ""]),
    (r"(a*)*", 0, ["b", "aa"]),
    (r"(a*)+", 0, ["b", "aa"]),
    (r"(a|b*)*c", 0, ["abbc", "c", "ab"]),
    (r"(?:(a)|b)*", 0, ["ab", "abb"]),
    (r"(a?)*?b", 0, ["aab", "b"]),
    (r"(?:a|ab)(?:c|bcd)(?:d*)", 0, ["abcd", "acd"]),
    (r"(\d+)(?:px|em)(?!)", 0, ["12px"]),
    ("\\x41\\u0042\\U00000043\\103\\0\\07\\t", 0, ["ABCC\0\x07\t"]),
    (r"[^\W\d_]+", 0, ["abc_1é", "_1"]),
    (r"[\d-x]|[x\-z]|[]a]|[^]a]|[a\]]", 0, ["-", "]", "b"]),
    (r"\Aab\Z", re.M, ["ab", "ab\n", "x\nab"]),
    (r"$", 0, ["a\n", "a\n\n", ""]),
    (r"$", re.M, ["a\nb\n"]),
    (r"^", re.M, ["a\nb\n"]),
    (r"\b", 0, ["ab cd", "", "é"]),
    (r"\B", 0, ["ab cd", "", " "]),
    (r".", 0, ["a\n\r\u2028b"]),
    (r".", re.S, ["a\nb"]),
    ("x*", 0, ["axb", "xx"]),
    ("", 0, ["", "ab"]),
    (r"(?P<a>x)(?P<b>y)?(?P=a)", 0, ["xx", "xyx"]),
    (r"[a-z]", re.I, ["K", "\u212a", "ſ", "İ", "ı"]),
    (r"[^a-z]", re.I, ["K", "\u212a", "ſ", "İ", "ı"]),
    (r"[ſ]", re.I, ["s", "S", "ſ"]),
    (r"[k]", re.I | re.A, ["K", "\u212a"]),
    (r"i", re.I, ["İ", "ı", "I"]),
    (r"µ", re.I, ["μ", "Μ", "µ"]),
    (r"[\u0370-\u03ff]", re.I, ["ΐ", "\u1fd3", "Σ", "ς"]),
    (r"[😀a]", re.I, ["😀", "A"]),
    (r"(?s:.)(?u:\d)", re.A, ["\n1", "\n٣"]),
    (r"\s", 0, ["\x1c", "\x85", "\xa0", "\u180e", "\u200b"]),
    (r"\s", re.A, ["\x1c", "\x0b"]),
    (r"(?:){3}a", 0, ["a"]),
    (r"(?:a?){3,5}b", 0, ["aab", "aaaaaab"]),
    (r"(a)(?:b(c)?)+", 0, ["abcb", "abbc"]),
    (r"(.*?)(\d+)$", 0, ["abc123", "12"]),
    (r"(?:(x)|(y)|z)+?$", 0, ["xyz", "zyx"]),
]
ERRORS = [
    "(", ")", "a)", "(a", "*", "+a", "a**", "a+*", "a{2}{3}", "a{3,2}", "[", "[a", "[b-a]", "[\\d-a]", "[a-\\d]", "\\", "a\\", "(?", "(?P",
    "(?P<", "(?P<a", "(?P<>a)", "(?P<1>a)", "(?P<a>x)(?P<a>y)", "(?P=a)", "(?P=", "(?P=)", "(?P<a>(?P=a))", "(?Pz)", "(?z)", "(?<", "(?<a)",
    "(?#", "(?#a", "(?i", "(?i-", "(?i-)", "(?i-i:a)", "(?-a:x)", "(?au:x)", "(?L)", "(?L:a)", "(?iz)", "(?-z:a)", "(?i-z:a)", "a(?i)", "(a(?i))",
    "(?i)(?m)a", "(?:(?i)a)", "(?i)a(?m)", "a|(?i)b", "\\1", "(a)\\2", "(\\1)", "\\8", "\\08", "\\400", "\\777", "\\q", "[\\q]", "\\x1", "[\\x1]", "\\u12",
    "\\U0011ffff", "\\Uffffffff", "[\\8]", "[\\400]", "a{99999999999}", "a{4294967295}", "a{4294967294}", "a{,4294967295}", "x{1", "x{1,", "x{,",
    "x{a}", "x{}", "x{1}{", "^*", "$+", "\\b?", "(?:^)*", "()*", "(?:)*", "(?:a*)*", "(?:a*)+", "a|*", "(|a)", "(a||b)", "|", "a|", "[]", "[^]", "[]]", "[^^]",
    "[a-]", "[-a]", "[--a]", "[a-a]", "(?x)a #", "(?x)[ #]", "(?x) a * ", "(?x)a{2 }", "(?x: a b)c d", "(?-x: a b)", "\n(", "a\n[", "\n\n\\q", "(?i:a", "(?>a",
    "(?P<a_1>b)", "(?P<é>b)", "\\N{DASH}", "(?=a)", "(?<=a)b", "(a)(?(1)b|c)", "(?!)", "(?!a)", "(?<!a)", "[[a]", "[a--b]", "[a&&b]", "((((((((((a))))))))))\\10", "(a)\\11",
    "(a)\\111", "\\18", "(?a)\\w", "(?u)\\w", "(?au)x", "(?s)(?i)x", "(?t)x", "(?t:x)", "(?i:)", "(?i-m:x)", "a{0}", "(a){0}b", "(a){0}\\1", "a??", "a?+", "a*+", "a{2}+", "a{2}?",
]
TEMPLATES = ["", "x", "[\\1]", "\\g<1>", "\\g<0>!", "\\g<a>", "\\2", "\\n\\t\\\\", "\\q", "\\.", "\\0", "\\07", "\\101", "\\400", "\\1\\g<1>1", "\\g", "\\g<", "\\g<>", "\\g<a", "\\g<9>",
             "\\g<-1>", "\\g<01>", "\\", "\\18", "$1", "é\\1", "\\g<b>", "\\g<1a>", "\\g<1073741823>", "\\x", "\\8"]


def span(found):
    return None if found is None else [list(found.span(i)) for i in range(found.re.groups + 1)] + [found.lastindex, found.lastgroup]


def do_compile(pattern, flags, texts):
    p = re.compile(pattern, flags)
    results = [[span(p.match(t)), span(p.search(t)), span(p.fullmatch(t)), [span(m) for m in p.finditer(t)],
                [list(f) if isinstance(f, tuple) else [f] for f in p.findall(t)], p.split(t)] for t in texts]
    return [p.flags, p.groups, dict(p.groupindex), repr(p), results]


def do_sub(pattern, flags, template, text, count):
    return list(re.compile(pattern, flags).subn(template, text, count))


def do_split(pattern, text, count):
    return re.split(pattern, text, count)


def do_match(pattern, text):
    found = re.search(pattern, text)
    return [repr(found), found.groupdict(), list(found.groups()), list(found.span())]


def do_escape(text):
    return re.escape(text)


CHARS = "aaabbbcA1 \n_-\u00e9\u017f\u212a\u0130\u0131\u0663\U0001f600"


class Maker:
    """Makes patterns that mostly compile."""

    def __init__(self, make):
        self.make = make
        self.groups = 0
        self.closed = []

    def atom(self, depth, captures=True):
        pick = self.make.random()
        if pick < 0.35 or depth > 3:
            return self.make.choice("aaabbcA1")
        if pick < 0.40:
            return self.make.choice([".", "\\d", "\\w", "\\s", "\\W", "\\S", "\\D"])
        if pick < 0.50:
            inner = "".join(self.make.choice(["a", "b", "A-Z", "a-c", "\\d", "\\w", "\\s", "é", "_", "\\W", "0-9", "ſ", "\\n"])
                            for _ in range(self.make.randint(1, 3)))
            return f"[{self.make.choice(['', '', '^'])}{inner}]"
        if pick < 0.56:
            return self.make.choice(["^", "$", "\\b", "\\B", "\\A", "\\Z"])
        if pick < 0.60 and self.closed:
            return f"\\{self.make.choice(self.closed)}"
        if pick < 0.62:
            return re.escape(self.make.choice(CHARS))
        if pick < 0.80 and captures and self.groups < 8:
            self.groups += 1
            number = self.groups
            name = f"?P<n{number}>" if self.make.random() < 0.2 else ""
            body = self.alternatives(depth + 1)
            self.closed.append(number)
            return f"({name}{body})"
        opening = self.make.choice(["(?:", "(?:", "(?>", "(?i:", "(?s:", "(?a:", "(?-i:", "(?m:"])
        return opening + self.alternatives(depth + 1, captures) + ")"

    def piece(self, depth, captures=True):
        if self.make.random() < 0.06:
            body = self.atom(depth, False) if self.make.random() < 0.1 else self.make.choice(
                ["a", "[ab]", "\\w", ".", "(?:ab)", "(?:a\\B.)", "(?i:ab)", "(?:[ab]c)"])
            return body if body in ("^", "$", "\\b", "\\B", "\\A", "\\Z") else body + self.make.choice(["?+", "*+", "++", "{1,2}+", "{2}+"])
        body = self.atom(depth, captures)
        if body in ("^", "$", "\\b", "\\B", "\\A", "\\Z") or self.make.random() < 0.6:
            return body
        return body + self.make.choice(["?", "*", "+", "{2}", "{1,2}", "{,2}", "{2,}", "{0}"]) + self.make.choice(["", "", "?"])

    def sequence(self, depth, captures=True):
        return "".join(self.piece(depth, captures) for _ in range(self.make.choice([0, 1, 1, 2, 2, 3])))

    def alternatives(self, depth=0, captures=True):
        return "|".join(self.sequence(depth, captures) for _ in range(self.make.choice([1, 1, 1, 2, 3])))


def text(make):
    return "".join(make.choice(CHARS) for _ in range(make.randint(0, 7)))


def cases(make, count):
    for pattern, flags, texts in FIELD:
        yield "compile", [pattern, int(flags), texts]
        for template in ["<\\g<0>>", "\\1"]:
            yield "sub", [pattern, int(flags), template, texts[0], 0]
    for pattern in ERRORS:
        yield "compile", [pattern, 0, ["a", "aa", "ab", ""]]
    for flags in [re.L, re.A | re.U, re.X | re.S, 2048, re.I | re.M | re.A]:
        yield "compile", ["a", int(flags), ["a"]]
    for template in TEMPLATES:
        yield "sub", ["(?P<a>a)(b)?", 0, template, "aab", 0]
    for count_ in [-1, 0, 1, 2]:
        yield "sub", ["a|", 0, "<\\g<0>>", "aab", count_]
        yield "split", ["a|", "aab", count_]
        yield "split", ["(a)|(b)", "xaby", count_]
    for pattern, t in [("(?P<x>a)(b)?", "za"), ("é+", "xéé'"), ("a*", "b" + "a" * 80), ("x", "y"), ("'", "a'b\"")]:
        yield "match", [pattern, t]
    yield "escape", ["".join(map(chr, range(0x100))) + "é😀"]
    for _ in range(count):
        pattern = Maker(make).alternatives()
        flags = make.choice([0, 0, 0, re.I, re.M, re.S, re.A, re.I | re.A, re.X])
        yield "compile", [pattern, int(flags), [text(make) for _ in range(3)]]
        if make.random() < 0.2:
            yield "sub", [pattern, int(flags), make.choice(TEMPLATES), text(make), make.choice([0, 0, 1, 2])]
        if make.random() < 0.3:
            broken = list(pattern)
            for _ in range(make.randint(1, 2)):
                broken.insert(make.randint(0, len(broken)), make.choice("()[]{}*+?|^$\\-,1a\n:i#P<>="))
            broken = "".join(broken)
            if not re.search(r"\)[*+?}]*\+", broken):
                yield "compile", [broken, int(flags), [text(make)]]
