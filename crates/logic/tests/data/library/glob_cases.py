"""Cases of `fnmatch`."""
import fnmatch

SHELL = [
    ("arn:aws:iam::*:role/*", ["arn:aws:iam::123456789012:role/Admin", "arn:aws:iam::1:user/x", ""]),
    ("*.iam.gserviceaccount.com", ["a@b.iam.gserviceaccount.com", "x.com"]),
    ("*a*b*c", ["xaxbxc", "abcabc", "cba", "abc\n", "a\nb\nc"]),
    ("[!a-c]*", ["abc", "xyz", "", "!", "\n"]),
    ("[]]", ["]", "a"]),
    ("[!]]", ["]", "a"]),
    ("[a-]", ["-", "a", "b"]),
    ("[-a]", ["-", "a", "b"]),
    ("[z-a]", ["z", "a", "-"]),
    ("[!z-a]", ["z", "a", "-", ""]),
    ("[a-c-e]", ["a", "b", "c", "d", "e", "-"]),
    ("[a--]", ["a", "-", "b"]),
    ("[--a]", ["a", "-", "Z"]),
    ("[^a]", ["^", "a", "b"]),
    ("[[]", ["[", "a"]),
    ("[", ["[", ""]),
    ("[a", ["[a", "a"]),
    ("a**b", ["ab", "axxb"]),
    ("?", ["", "a", "ab", "\n", "é", "😀"]),
    ("[&&a]", ["&", "a"]),
    ("[\\]", ["\\", "a"]),
    ("[a\\-z]", ["\\", "-", "a", "b", "]"]),
    ("***", ["", "x"]),
    ("", ["", "x"]),
    ("/usr/bin/*", ["/usr/bin/ls", "/usr/bin/", "/USR/BIN/ls"]),
]
ALPHABET = "ab-]![*?c\\&~|^.é\n"


def do_fnmatch(pattern, names):
    return [fnmatch.translate(pattern), [fnmatch.fnmatch(name, pattern) for name in names]]


def cases(make, count):
    for pattern, names in SHELL:
        yield "fnmatch", [pattern, names]
    for _ in range(count):
        pattern = "".join(make.choice(ALPHABET + "[[]]--**") for _ in range(make.randint(0, 10)))
        names = ["".join(make.choice("abc-]!^\\\né") for _ in range(make.randint(0, 6))) for _ in range(3)]
        yield "fnmatch", [pattern, names]
