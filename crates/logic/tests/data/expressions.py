#!/usr/bin/python3.11
"""Writes what CPython 3.11 makes of expressions: operators.tsv (every operator on every pair) and expressions.tsv.

operators.tsv: the operands, one a line; a blank line; then for each operator its name and, for each left operand, a line of
cells, one a right operand: a `repr`, `Class: message`, `-` for what is not held exactly, or `T` for the usual: `False` for `==`,
else the TypeError about the types.
expressions.tsv: an expression, a tab, its `repr` or `Class: message`. Tabs, newlines and backslashes are escaped.
"""
import base64, collections, datetime, fnmatch, functools, ipaddress, json, math, os, re, string, sys, urllib.parse
from collections.abc import Mapping, Sequence, Iterable, Hashable, Callable, Sized, Container, Collection
from collections.abc import Set as AbstractSet

HERE = os.path.dirname(__file__)

OPERANDS = """None
True
False
0
1
-7
3
170141183460469231731687303715884105727
0.0
-0.5
2.5
1e300
''
'ab'
'é'
b'x'
[]
[1, 'a']
()
(1, 2)
{}
{'a': 1}
{1}
frozenset({1})
range(3)
datetime.timedelta(hours=5)
datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
datetime.datetime(2024, 1, 2)
datetime.date(2024, 1, 2)
ipaddress.ip_address('10.0.0.1')
ipaddress.ip_network('10.0.0.0/8')
str
len""".splitlines()

OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "==", "<", "<=", ">", ">=", "in"]


def outcome(expression):
    try:
        value = eval(expression, dict(globals()))
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 127:
            return "unsupported"
        if isinstance(value, complex):
            return "unsupported"
        return repr(value)
    except RecursionError:
        return "exceeded"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def type_name(value):
    """As CPython's own errors name it."""
    cls = type(value)
    return f"datetime.{cls.__name__}" if cls.__module__ == "datetime" else cls.__name__


def usual(operator, left, right):
    left, right = (type_name(eval(side)) for side in (left, right))
    if operator == "==":
        return "False"
    if operator == "in":
        return f"TypeError: argument of type '{right}' is not iterable"
    if operator in ("<", "<=", ">", ">="):
        return f"TypeError: '{operator}' not supported between instances of '{left}' and '{right}'"
    sign = "** or pow()" if operator == "**" else operator
    return f"TypeError: unsupported operand type(s) for {sign}: '{left}' and '{right}'"


def operators():
    lines = list(OPERANDS) + [""]
    for operator in OPERATORS:
        lines.append(operator)
        for left in OPERANDS:
            cells = []
            for right in OPERANDS:
                huge = operator in ("*", "<<", "**") and "1701" in left + right
                big = operator == "**" and "1e300" in left + right
                result = "-" if huge or big else outcome(f"({left}) {operator} ({right})")
                if "<built-in" in result or "unsupported" == result:
                    result = "-"
                cells.append("T" if result == usual(operator, left, right) else escaped(result))
            lines.append("\t".join(cells))
    return lines


def product(template, *choices):
    """The template with each combination of choices filled in for %0, %1 …"""
    expressions = [template]
    for index, options in enumerate(choices):
        expressions = [e.replace(f"%{index}", option) for e in expressions for option in options]
    return expressions


TEXTS = ["''", "'abc'", "'AbC dEf'", "' \\t x \\n'", "'a,b,,c'", "'éÀß'", "'ΑΣ ΑΣΑ'", "'İıŉǅ'", "'½²Ⅷ٣'", "'x\\u2028y\\r\\nz\\x1c'", "'\\u200b\\u00ad'"]
ODD = ["None", "1", "True", "1.5", "[]", "{}", "b'a'", "()", "{1}"]


def expressions():
    found = []
    for method in ("lower upper title capitalize casefold swapcase strip lstrip rstrip split rsplit splitlines isdigit isalpha "
                   "isalnum isnumeric isdecimal isupper islower isspace istitle isidentifier isprintable isascii").split():
        found += product(f"%0.{method}()", TEXTS)
    found += product("%0.split(%1)", TEXTS, ["','", "None", "'a'", "' ', 1", "None, 1", "',', 0", "sep=',', maxsplit=1", "''", "1"])
    found += product("%0.rsplit(%1)", TEXTS[1:6], ["','", "None", "' ', 1", "None, 1", "maxsplit=1"])
    found += product("%0.strip(%1)", TEXTS, ["'a'", "None", "'abcAC '", "1"])
    found += product("%0.splitlines(%1)", TEXTS[-3:], ["True", "keepends=True", "0"])
    found += product("%0.partition(%1)", TEXTS[:5], ["','", "'b'", "''", "1"])
    found += product("%0.rpartition(%1)", TEXTS[:5], ["','", "'b'", "''", "None"])
    found += product("%0.replace(%1)", TEXTS[:6], ["'a', 'X'", "'', '-'", "'', '-', 2", "'b', ''", "'a', 'b', 0", "'a'", "1, 2", "'c', 'd', -1"])
    for method in ("startswith", "endswith"):
        found += product(f"%0.{method}(%1)", TEXTS[:6], ["'a'", "''", "('x', 'c')", "()", "'b', 1", "'b', 1, 2", "'', 9", "'c', -1", "['a']", "1", "('a', 1)", "'', 3, 2"])
    for method in ("find", "rfind", "index", "rindex", "count"):
        found += product(f"%0.{method}(%1)", TEXTS[:6], ["'b'", "''", "'b', 2", "'c', -1", "'', 9", "'a', 0, -1", "1", "'É'", "',', 1, 4"])
    found += product("%0.join(%1)", ["','", "''"], ["[]", "['a']", "('a', 'b')", "'xyz'", "['a', 1]", "{'k': 1}", "1", "(c for c in 'ab')", "[None]"])
    found += product("%0.%1(%2)", ["'ab'", "'-5'", "'é'"], ["zfill", "ljust", "rjust", "center"], ["5", "0", "-1", "4", "'x'"])
    found += product("'ab'.%0(%1)", ["ljust", "rjust", "center"], ["7, '*'", "7, 'xx'", "6, 1"])
    found += product("'abc'.%0(%1)", ["removeprefix", "removesuffix"], ["'a'", "'c'", "''", "'abc'", "1"])
    found += product("%0.encode(%1)", ["'abc'", "'é'", "'a😀b'"], ["", "'utf-8'", "'ascii'", "'latin-1'", "'ascii', 'ignore'", "'ascii', errors='replace'", "'UTF8'", "1"])
    found += product("%0.decode(%1)", ["b'abc'", "b'\\xc3\\xa9'", "b'\\xff'", "b'a\\xe2\\x82'", "b'\\xe2\\x28\\xa1'", "b'\\xf0\\x9f\\x98'", "b'\\xed\\xa0\\x80'", "b'\\xc3x'"], ["", "'ascii'", "'latin-1'", "'utf-8', 'ignore'", "errors='replace'"])
    found += product("'a\\tb\\t'.expandtabs(%0)", ["", "4", "0", "tabsize=3"])
    found += product("'abcdef'[%0]", ["0", "-1", "6", "1:3", "::-1", "::2", "-2:", ":-2", "5:1:-2", "'a'", "None", "1.0", "1:'a'", "::0", "True", "10:20"])
    found += product("[1, 2, 3][%0]", ["0", "-1", "3", "1:", "::-1", "'a'", "None", "False", ":", "-9:2"])
    found += product("(1, 2, 3)[%0]", ["0", "3", "1:", "'a'"])
    found += product("{'a': 1, 2: 'b'}[%0]", ["'a'", "2", "2.0", "'z'", "[]", "None", "(1, [])"])
    found += product("b'abc'[%0]", ["0", "1:", "9"]) + ["range(5)[2]", "range(5)[-1]", "range(5)[9]", "None[0]", "1[0]", "len[0]", "str['a']"]
    found += product("{'a': 1}.%0", ["get('a')", "get('b')", "get('b', 2)", "get()", "get([])", "get('a', default=2)", "keys()", "values()", "items()", "pop('a')", "pop('b')", "pop('b', 3)", "popitem()", "setdefault('b', 1)", "copy()", "update({'b': 2})", "clear()", "foo()", "append(1)", "fromkeys('ab')", "keys() & {'a'}", "keys() | ['a']", "keys() - {'a'}", "items() == {'a': 1}.items()", "keys() == {'a'}"])
    found += product("[3, 1, 2].%0", ["index(1)", "index(9)", "index(2, 1, 3)", "count(3)", "pop()", "pop(0)", "pop(9)", "copy()", "append()", "remove(9)", "insert(0)", "sort(1)", "keys()", "extend(1)"]) + ["[].pop()"]
    found += product("{1, 2}.%0", ["issubset({1, 2, 3})", "issuperset([1])", "isdisjoint((3,))", "union()", "intersection([1])", "difference([1])", "symmetric_difference([1])", "add([])", "remove(9)", "discard(9)", "pop(1)", "issubset(1)", "union(1)"]) + ["set().pop()", "frozenset({1}).add(2)", "{1} | [1]", "{1} <= {1, 2}", "{1} < {1}", "{1}.union([2]) == {1, 2}"]
    found += product("(1, 2, 1).%0", ["index(1)", "index(9)", "count(1)", "append(1)"])
    values = ["None", "True", "0", "-7", "2.5", "-2.5", "1e22", "float('nan')", "float('inf')", "''", "'12'", "' -0x1F '", "'1_000'", "'٣'", "'a'", "'1e5'", "'nan'", "'-.5'", "b'1'", "[]", "[1, 2]", "(1,)", "{}", "{'a': 1}", "{1}", "range(3)", "str", "len"]
    for name in ("int", "float", "bool", "str", "list", "tuple", "dict", "set", "frozenset", "len", "repr", "abs", "round", "sum", "sorted", "min", "max", "any", "all", "type", "callable", "ord", "chr", "bin", "hex", "iter", "next", "reversed", "enumerate", "hash_"):
        if name in ("iter", "reversed", "enumerate"):
            found += product(f"list({name}(%0))", values)
        elif name in ("set", "frozenset"):
            # The order of several texts in a set changes from run to run.
            found += product(f"{name}(%0)", [value for value in values if value[0] not in "'f"] + ["''", "'a'"])
        elif name != "hash_":
            found += product(f"{name}(%0)", values)
    found += product("int(%0)", ["", "'ff', 16", "'0xff', 16", "'0b11', 0", "'012', 0", "'z', 36", "'1', 1", "'1', 99", "5, 10", "'-0o17', 8", "'1__0'", "'_1'", "'+ 1'", "x=1", "'10', base=2", "1e30", "float('nan')", "float('-inf')", "' 1\\n'", "ipaddress.ip_address('0.0.1.0')"])
    found += product("float(%0)", ["", "'1_0.5'", "'infinity'", "'+inf'", "'1e400'", "'0x1'", "'1.'", "'.'", "' 1 '", "'1e'", "'1__0'", "'é'", "'NaN'"])
    found += product("round(%0)", ["0.5", "1.5", "2.675, 2", "1234, -2", "1250, -2", "1350, -2", "1.23456, 3", "5, 2", "2.5, None", "-0.5", "1e20", "'a'", "0.1, 0", "123.456, 1"])
    found += product("sorted(%0)", ["[3, 1]", "['b', 'A']", "[1, 'a']", "[(1, 'b'), (1, 'a')]", "{'b': 1, 'a': 2}", "[3, 1, 2], reverse=True", "['aa', 'b'], key=len", "[1, 2], lambda x: -x", "[None, 1]", "[[2], [1]]", "['b', 'a', 'B'], key=str.lower", "[1, 2, 3, 4], key=lambda x: x % 2, reverse=True", "[True, 0.5, 1]", "[{}, {}]"])
    for name in ("min", "max"):
        found += product(f"{name}(%0)", ["1, 2", "[3, 1, 2]", "[]", "[], default=5", "'ab', 'b', key=len", "1, 'a'", "", "[1, 1.0]", "[1.0, 1]", "1, 2, default=3", "['a', 'bb'], key=lambda s: -len(s)"])
    found += product("isinstance(%0, %1)", ["1", "True", "'a'", "[]", "{}", "None", "1.5", "(1,)", "{1}", "b''", "len", "str", "range(1)", "{}.keys()", "iter([])", "datetime.datetime(2024, 1, 1)", "KeyError()"],
                     ["int", "str", "(list, dict)", "Mapping", "Sequence", "Iterable", "Hashable", "Callable", "Sized", "Container", "Collection", "AbstractSet", "object", "bool", "1", "(int, (str,))", "datetime.date", "LookupError", "()"])
    found += product("hasattr(%0, %1)", ["1", "'a'", "[]", "{}", "None", "str", "len", "KeyError('a')", "re.compile('a')"], ["'get'", "'append'", "'lower'", "'__iter__'", "'__len__'", "'args'", "'foo'", "1"])
    found += product("getattr(%0)", ["'abc', 'upper'", "'abc', 'foo', 1", "1, 'foo'", "{}, 'get', None"]) [1:3] + ["getattr('abc', 'upper')()", "'abc'.foo", "None.get('a')", "(1).append(2)", "[].get('a')", "KeyError('a').args", "str.foo", "'a'.__class__", "type(1).__name__"]
    found += product("%0", ["chr(97)", "chr(-1)", "chr(0x110000)", "ord('')", "ord('ab')", "ord(1)", "hex(-255)", "bin(5)", "oct(8)", "hex('a')", "divmod(7, -2)", "divmod(1, 0)", "divmod(7.5, 2)", "pow(2, 10)", "pow(2, -1)", "abs('a')", "sum([1, 2.5])", "sum([[1], [2]], [])", "sum(['a'])", "sum([], 5)", "sum('a')", "sum(['a'], '')", "list(zip([1, 2], 'ab'))", "list(zip([1, 2], 'a', strict=True))", "list(zip([1], 'ab', strict=True))", "list(zip())", "list(map(str, [1, 2]))", "list(map(lambda a, b: a + b, [1, 2], [3]))", "list(filter(None, [0, 1, '', 'a']))", "list(filter(str.isdigit, '1a2'))", "list(enumerate('ab', 1))", "list(enumerate('ab', start=5))", "list(reversed([1, 2]))", "list(reversed({'a': 1, 'b': 2}))", "next(iter([]))", "next(iter([]), 'd')", "next([])", "next(x for x in [1, 2] if x > 1)", "any(x == 2 for x in [1, 2])", "all([])", "any(1)", "list(range(3, 0, -1))", "range(1, 2, 0)", "range('a')", "range(0, 10, 3)", "range(3) == range(0, 3, 1)", "len(range(10, 0, -3))", "3 in range(0, 10, 3)", "2.0 in range(3)", "dict([(1, 2)])", "dict(a=1)", "dict([1])", "dict(['ab'])", "dict([(1, 2, 3)])", "dict({'a': 1}, b=2)", "dict(1)", "dict.fromkeys('ab', 0)", "tuple('ab')", "set('aa')", "frozenset()", "str(b'a')", "str(b'a', 'utf-8')", "str(1, 'utf-8')", "bool()", "type(None)", "type('a') == str", "type([]) is list", "callable(str)", "format(1.5, '.2f')", "ascii('é')", "repr('é\\x00')", "isinstance(1, 'a')", "issubclass(bool, int)", "issubclass(1, int)", "print('x')"])
    containers = ["[1, [2, (3,)], {'a': {4}}]", "{'k': [None, True, 1.0, b'\\x00', \"it's\"]}", "(1,)", "{}", "set()", "frozenset({'a'})", "[[]] * 2", "('a', '\"', \"'\\\"\")", "{1: {2: {}}}", "KeyError('a', 1)", "ValueError()", "ValueError('x')", "[KeyError('k')]", "{'a': 1}.items()", "{'a': 1}.values()", "range(2)", "range(1, 9, 2)", "slice", "NotImplementedError", "datetime.timezone.utc", "collections.defaultdict(list, {'a': [1]})"]
    for shape in ("%0", "str(%0)", "f'{%0}'"):
        found += product(shape, containers)
    found += product("str(%0)", ["KeyError('a')", "KeyError('')", "KeyError()", "KeyError(1, 2)", "ValueError('a')", "ValueError(1)", "ValueError()", "ValueError('a', 'b')", "OSError(2, 'no')", "IndexError('x')", "StopIteration()", "Exception(None)"])
    specs = ["", ">5", "<5", "^5", "*^7", "05", "+", " ", ",", "_", "x", "#x", "b", "o", "X", "c", "d", "e", ".2e", "f", ".0f", ".3f", "g", ".3g", "%", ".1%", "10,.2f", "010d", "+.1f", "s", ".2", ".2s", "z", "=+8", "#.0f", "G", "E", "!", "5.5.5", "é>4"]
    numbers = ["0", "1", "-255", "123456789", "0.0", "-0.0", "0.5", "1.5", "2.5", "-1234.5678", "1e16", "1e-7", "1e100", "float('nan')", "float('-inf')", "True", "'ab'", "None"]
    for spec in specs:
        found += product(f"format(%0, '{spec}')", numbers)
    percents = ["%d", "%5d", "%-5d|", "%05d", "%+d", "%x", "%X", "%#x", "%o", "%e", "%.2f", "%g", "%s", "%r", "%5s", "%-5s|", "%.1s", "%c", "%%", "%i", "%.3d", "% d", "%a"]
    for spec in percents:
        found += [f"'{spec}' % ({value},)" for value in ("1", "-255", "1.5", "'é'", "None", "True", "[1]")]
    found += ["'%s %s' % (1,)", "'%s' % (1, 2)", "'%(a)s %(b)d' % {'a': 1, 'b': 2}", "'%(a)s' % {'b': 1}", "'%(a)s' % 1", "'abc' % 5", "'abc' % {'a': 1}", "'%y' % 1", "'%' % 1", "'%s' % 'a'", "'%s' % [1, 2]", "'%d%%' % 50", "'%*d' % (5, 1)", "'%s' % ()", "'a' % ()", "'%.2f' % 'a'", "'%d' % 1e10", "'%d' % float('nan')"]
    found += product("'%0'.format(%1)", ["{} {}", "{0} {1} {0}", "{a}", "{!r}", "{:>5}|", "{0[a]}", "{0.real}", "{", "}", "{{}}", "{:{}}", "{!x}", "{0", "{} {0}", "{0[0]}", "{a[b]}", "{:.2f}", "a{}b{}c"], ["", "1", "'x', 'y'", "'x', 5", "{'a': 1}", "[7]", "a=1", "a={'b': 2}", "1.5"])
    found += product("json.loads(%0)", ["''", "'{'", "'[1, 2.5, -3e2, true, null, \"a\\\\u00e9\"]'", "'{\"a\": {\"b\": []}}'", "'{\"a\": 1, \"a\": 2}'", "'[1,]'", "'{\"a\" 1}'", "'{a: 1}'", "'\"\\\\x\"'", "'01'", "'1 2'", "'NaN'", "'-Infinity'", "'\"a'", "'\\n\\n {\"a\": }'", "1", "None", "b'{}'", "b'[1]'", "'\"\\\\ud83d\\\\ude00\"'", "'[1 2]'", "'\"\\n\"'", "'tru'", "'-'", "'1.'", "'[\"é\", x]'", "' 5 '", "'1E5'", "'0.1e-2'", "'{\"a\":1,}'", "'123456789012345678901234567890'"])
    found += product("json.dumps(%0)", ["{}", "[]", "{'a': [1, 2.5, None, True, 'é\\n\"\\\\\\x7f😀']}", "'é', ensure_ascii=False", "{'b': 1, 'a': 2}, sort_keys=True", "[1, {'a': []}, {}], indent=2", "{'a': 1}, separators=(',', ':')", "{1: 2, None: 3, True: 4, 1.5: 5}", "{(1,): 2}", "{(1,): 2}, skipkeys=True", "{1}", "float('nan')", "float('nan'), allow_nan=False", "(1, 2)", "{1}, default=list", "b'a'", "1e16", "len", "[1, 2], indent='\\t'", "{'a': 1, 2: 3}, sort_keys=True", "1, 2"])
    patterns = ["'a'", "'^a+b*$'", "'(\\\\d+)-(\\\\w*)'", "'(?P<x>b)?c'", "'[^a-c]+'", "'a|b|'", "'(a)|(b)'", "'\\\\bfoo\\\\b'", "'(?i)FOO'", "'.*?,'", "'x*'", "'(?s)a.b'", "'\\\\s+'", "'['", "'(a'", "'*'", "'(?P<n>a)(?P=n)'", "'(a)\\\\1'", "'\\\\Z'", "'[\\\\w.-]+@[\\\\w.-]+'"]
    subjects = ["'aab'", "'12-ab c'", "'foo Foo'", "'a\\nb'", "'x@y.z, b@c'", "''", "'bc,é,٣'"]
    for function in ("search", "match", "fullmatch", "findall"):
        for pattern in patterns:
            found += [f"re.{function}({pattern}, {subject})" for subject in subjects]
    found += product("re.%0", ["sub('a', 'b', 'aXa')", "sub('(a)(b)?', r'[\\1\\2]', 'ab a')", "sub('a', lambda m: m.group(0).upper(), 'aba')", "sub('x*', '-', 'abc')", "sub('a', 'b', 'aaa', 2)", "sub('a', 'b', 'aaa', count=1)", "sub('a', '\\\\2', 'a')", "sub('a', 1, 'a')", "subn('a', 'b', 'aa')", "split(',', 'a,b,c')", "split('(,)', 'a,b', 1)", "split('x*', 'axb')", "escape('a.b*[c]')", "compile('a(?P<n>b)').groupindex", "compile('a', re.IGNORECASE | re.MULTILINE)", "compile('a').pattern", "compile(re.compile('a'))", "compile(re.compile('a'), re.I)", "compile(1)", "match('a', 1)", "match('a', None)", "match('(a)(b)?', 'a').groups()", "match('(a)(b)?', 'a').groups('d')", "match('(?P<x>a)', 'a').groupdict()", "match('(?P<x>a)', 'a')['x']", "match('(a)', 'a').group(0, 1)", "match('(a)', 'a').group(5)", "match('(a)', 'a').group('q')", "match('(a)', 'a').span(1)", "search('b', 'éb').start()", "search('b', 'ab').end()", "match('a', 'a').string", "match('a', 'b').group()", "match('(a)(b)', 'ab').lastindex", "search('(?P<q>a)', 'xa').lastgroup", "compile('a').sub('b', 'a')", "compile('a', re.I).match('A').group()", "findall('(a)(b)', 'abab')", "match('a', 'a', re.I).re.pattern"]) + ["[m.span() for m in re.finditer('a', 'aba')]", "bool(re.match('a', 'a'))", "re.match('a', b'a')"]
    found += product("fnmatch.%0", ["fnmatch('abc', 'a*')", "fnmatch('Abc', 'a*')", "fnmatchcase('a.b', '?.[!c]')", "filter(['a', 'b'], 'a')", "translate('a*b')", "fnmatch(1, 'a')", "fnmatch('a', None)", "fnmatch('arn:aws:s3:::x', 'arn:aws:s3:*')"])
    hosts = ["'10.0.0.1'", "'8.8.8.8'", "'::1'", "'fe80::1%eth0'", "'2001:db8::'", "'256.1.1.1'", "'abc'", "''", "1", "None", "'010.0.0.1'", "'::ffff:10.0.0.1'", "'192.0.0.9'", "'100.64.0.1'", "'169.254.1.1'", "'224.0.0.1'"]
    found += product("ipaddress.ip_address(%0)", hosts)
    found += product("ipaddress.ip_address(%0).%1", [h for h in hosts if h not in ("'256.1.1.1'", "'abc'", "''", "None", "'010.0.0.1'")], ["is_private", "is_global", "is_loopback", "version", "is_multicast", "is_link_local", "is_reserved", "exploded"])
    nets = ["'10.0.0.0/8'", "'0.0.0.0/0'", "'10.0.0.1/8'", "'::/0'", "'2001:db8::/32'", "'10.0.0.0/255.0.0.0'", "'10.0.0.0'", "'x/8'", "'10.0.0.0/33'", "'10.0.0.1/8', False", "'10.0.0.1/8', strict=False", "1", "'192.168.1.0/24'"]
    found += product("ipaddress.ip_network(%0)", nets)
    found += product("ipaddress.ip_network('10.0.0.0/8').%0", ["prefixlen", "num_addresses", "network_address", "broadcast_address", "netmask", "with_netmask", "is_private", "subnet_of(ipaddress.ip_network('0.0.0.0/0'))", "supernet_of(ipaddress.ip_network('10.1.0.0/16'))", "overlaps(ipaddress.ip_network('10.1.0.0/16'))", "subnet_of(ipaddress.ip_network('::/0'))", "subnet_of(1)", "supernet()", "supernet(new_prefix=4)", "foo", "version", "hosts().__class__.__name__"])[:-1]
    found += ["ipaddress.ip_address('10.1.1.1') in ipaddress.ip_network('10.0.0.0/8')", "'10.1.1.1' in ipaddress.ip_network('10.0.0.0/8')", "list(ipaddress.ip_network('10.0.0.0/30'))", "list(ipaddress.ip_network('10.0.0.0/30').hosts())", "list(ipaddress.ip_network('10.0.0.0/30').subnets())", "ipaddress.IPv4Address('1.2.3.4')", "ipaddress.IPv6Address('1.2.3.4')", "ipaddress.IPv4Network('1.2.3.4/31')", "ipaddress.IPv6Network('::/0').num_addresses > 5", "ipaddress.ip_network('10.0.0.0/8')[1]", "str(ipaddress.ip_network('10.0.0.0/8'))", "{ipaddress.ip_address('1.1.1.1'): 1}[ipaddress.ip_address('1.1.1.1')]", "ipaddress.ip_address('1.1.1.1') + 1", "ipaddress.ip_address('0.0.0.0') - 1", "isinstance(ipaddress.ip_address('::1'), ipaddress.IPv6Address)", "f\"{ipaddress.ip_address('1.1.1.1')}\""]
    times = ["'2024-05-06T07:08:09Z'", "'2024-05-06T07:08:09+02:00'", "'2024-05-06'", "'2024-05-06 07:08:09.123'", "'20240506T070809'", "'bad'", "''", "'2024-13-01'", "1", "'2024-W19-1'"]
    found += product("datetime.datetime.fromisoformat(%0)", times) + product("datetime.date.fromisoformat(%0)", times[2:6])
    found += product("datetime.datetime.strptime(%0)", ["'2024-05-06T07:08:09Z', '%Y-%m-%dT%H:%M:%SZ'", "'2024-05-06', '%Y-%m-%dT'", "'2024-05-06 x', '%Y-%m-%d'", "'06 May 2024', '%d %B %Y'", "'x', '%Q'", "1, '%Y'", "'2024-05-06T07:08:09.5+0100', '%Y-%m-%dT%H:%M:%S.%f%z'"])
    moment = "datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.timezone.utc)"
    found += product(f"{moment}.%0", ["isoformat()", "isoformat(' ')", "isoformat(timespec='seconds')", "timestamp()", "year", "date()", "replace(year=2020)", "replace(tzinfo=None)", "astimezone(datetime.timezone(datetime.timedelta(hours=2)))", "strftime('%Y-%m-%d %H:%M:%S')", "weekday()", "isoweekday()", "tzinfo", "utcoffset()", "hour", "microsecond", "foo", "replace(month=13)", "isoformat(timespec='x')"])
    found += [f"{moment} - datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)", f"{moment} - datetime.datetime(2024, 1, 1)", f"({moment} - datetime.timedelta(days=90)).isoformat()", f"str({moment})", f"f'{{{moment}:%Y}}'", "datetime.timedelta(days=1, hours=2).total_seconds()", "datetime.timedelta(days=-1, seconds=5)", "str(datetime.timedelta(days=-1, seconds=5))", "datetime.timedelta(hours=1) * 2.5", "datetime.timedelta(hours=5) / datetime.timedelta(hours=2)", "datetime.timedelta(hours=5) // 2", "-datetime.timedelta(hours=5)", "abs(datetime.timedelta(hours=-5))", "datetime.timedelta('a')", "datetime.timedelta(foo=1)", "datetime.datetime(2024, 2, 30)", "datetime.datetime(2024)", "datetime.date(2024, 5, 6) - datetime.date(2024, 1, 1)", "datetime.datetime.fromtimestamp(0, datetime.timezone.utc)", "datetime.datetime.utcfromtimestamp(1e9)", "datetime.datetime.fromtimestamp('a')", "datetime.datetime.utcfromtimestamp(1e20)", "datetime.timedelta(0) == 0", "bool(datetime.timedelta(0))", "datetime.timedelta(days=400).days", "datetime.timezone(datetime.timedelta(hours=5.5))", "datetime.datetime(2024, 1, 1) == datetime.date(2024, 1, 1)"]
    found += ["functools.reduce(lambda a, b: a + b, [1, 2, 3])", "functools.reduce(lambda a, b: a + b, [], 5)", "functools.reduce(lambda a, b: a, [])", "functools.reduce(lambda d, k: d.get(k) if isinstance(d, dict) else None, ['a', 'b'], {'a': {'b': 1}})", "math.ceil(1.2)", "math.floor(-1.2)", "math.ceil('a')", "math.sqrt(-1)", "math.pi", "string.ascii_lowercase", "collections.defaultdict(int)['a']", "collections.defaultdict(list)"]
    urls = ["'https://user:pw@Host.example:8443/a/b;p?x=1&y=%20&x=2#frag'", "''", "'//h/p'", "'http://[::1]/'", "1"]
    found += product("urllib.parse.urlparse(%0)%1", urls[:4], ["", ".netloc", ".hostname", ".port", "[2]", ".query", ".foo"])
    found += ["len(urllib.parse.urlparse('a'))", "list(urllib.parse.urlparse('s://n/p'))", "urllib.parse.parse_qs('a=1&b=&a=%C3%A9+x')", "urllib.parse.unquote('a%20b%zz')", "urllib.parse.unquote_plus('a+b')", "isinstance(urllib.parse.urlparse('a'), tuple)", "urllib.parse.urlparse('a') == urllib.parse.urlparse('a')"]
    found += product("base64.b64decode(%0)", ["'aGk='", "b'aGk='", "'aGk'", "'é'", "'a!G=k='", "1", "'aGk=', validate=True", "'a!Gk=', validate=True", "''"]) + ["base64.b64encode(b'hi?')", "base64.b64encode('hi')", "base64.urlsafe_b64decode('_-8=')", "base64.b64decode('aGk=').decode('utf-8')"]
    found += ["list(map(str.upper, ['a']))", "str.lower('A')", "str.lower(1)", "sorted(['b', 'A'], key=str.casefold)", "str.join(',', ['a', 'b'])", "dict.get({'a': 1}, 'a')"]
    found += ["[x * 2 for x in range(5) if x % 2]", "{k: v for k, v in [('a', 1)]}", "{x for x in [1, 1]}", "[(x, y) for x in range(2) for y in range(x + 1)]", "[x for x in 5]", "sum(x for x in [1, 2])", "[y for x in [[1], [2]] for y in x]", "(lambda x, y=2: x + y)(1)", "(lambda x: x)()", "(lambda: 1)(2)", "[f(2) for f in [lambda x: x + 1]]", "1 < 2 < 3", "1 < 2 > 3", "1 == 1.0 == True", "'a' < 'b' < 1", "not []", "1 if [] else 2", "[*'ab', *[1]]", "{**{'a': 1}, 'b': 2}", "{**1}", "[*1]", "print(*[1], sep='')", "1 if 'a' in 'abc' else 0", "1 in 'abc'", "'' in 'abc'", "[1] in [[1]]", "[] in {1}", "{1} in {frozenset({1})}", "None in {None}", "1.0 in {1}", "(1, [2]) in {1}", "float('nan') in [1]", "x" if False else "undefined_name_", "~5", "-True", "+'a'", "-[]", "not None", "2 ** -1", "0 ** -1", "0.0 ** -1", "(-8) ** 0.5", "7 // -2", "-7 % 3", "7.5 // 2", "-7.5 % 2", "1 << -1", "1 >> 200", "1 / 3", "10 ** 30", "170141183460469231731687303715884105727 + 1", "123456789012345678901234567890 / 7", "9007199254740993 / 1", "1 == 1.0000000000000001", "9007199254740993 == 9007199254740992.0", "9007199254740993 < 9007199254740994.0", "hash", "1e308 * 10", "float('inf') - float('inf')", "'a' * -1", "[0] * 3", "3 * 'ab'", "'a' * 1.5", "[1] + (2,)", "(1,) + (2,)", "{'a': 1} | {'b': 2}", "{'a': 1} | [('b', 2)]", "'a' 'b'", "b'a' + b'b'", "'a' + b'b'"]
    found = [e for e in found if e not in ("undefined_name_", "hash")]
    return [f"{e}\t{escaped(outcome(e))}" for e in dict.fromkeys(found)]


def write(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write("\n".join(line for line in lines) + "\n")


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 11), "the reference is CPython 3.11"
    write("operators.tsv", operators())
    lines = expressions()
    kept = [line for line in lines if " at 0x" not in line and "\tSyntaxError" not in line and "<built-in" not in line.split("\t")[1]]
    write("expressions.tsv", kept)
    print(len(kept), "expressions")
