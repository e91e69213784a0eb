"""Reads Terraform's language as far as key policies need it: blocks, and expressions of which the values are known or stand-ins.

A value that nobody can know without a plan (a variable without default, another resource's attribute) becomes an `Unknown`, which `gather.py`
turns into a plausible account, ARN or name. A condition on something unknown takes the branch that says more.
"""

import json
import re
import textwrap

TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)|(?P<line>\n)|(?P<heredoc><<-?\s*[A-Za-z_][\w-]*[ \t\r]*\n)|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_][\w-]*)|(?P<quote>")|(?P<mark>=>|==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%!<>=?:,.~(){}\[\]])""",
    re.DOTALL | re.VERBOSE,
)


# Evaluations in a folder: some modules make thousands of blocks of a table.
STEPS = 300_000


class Unreadable(Exception):
    """Not the part of the language that is read here."""


class Unknown(str):
    """A value that only a plan knows, by the reference that would give it."""


class Reader:
    """Expressions and blocks of one file, from left to right."""

    def __init__(self, text):
        self.text, self.at, self.depth, self.nested = text, 0, 0, 0

    def peek(self, lines=False):
        """The next token as (kind, text, end). Line ends count only between attributes."""
        at = self.at
        while True:
            found = TOKEN.match(self.text, at)
            if not found:
                if at >= len(self.text):
                    return "end", "", at
                raise Unreadable(f"{self.text[at:at + 20]!r}")
            if found.lastgroup == "space" or (found.lastgroup == "line" and not lines):
                at = found.end()
                continue
            return found.lastgroup, found.group(), found.end()

    def take(self, *wanted):
        kind, text, end = self.peek()
        if wanted and text not in wanted and kind not in wanted:
            raise Unreadable(f"{text!r} where {wanted} is expected")
        self.at = end
        return text

    def skips(self, text):
        kind, found, end = self.peek()
        if found == text and kind in ("mark", "name"):
            self.at = end
            return True
        return False

    def body(self, end):
        """Attributes and blocks up to `end`, as [("=", name, expression) | ("{", type, labels, body)]."""
        made = []
        while True:
            kind, text, _ = self.peek()
            if text == end or kind == "end":
                self.take()
                return made
            name = self.string_text() if kind == "quote" else self.take("name")
            if self.skips("=") or self.skips(":"):
                made.append(("=", name, self.expression()))
                self.skips(",")
                continue
            labels = []
            while self.peek()[1] != "{":
                labels.append(self.string_text() if self.peek()[0] == "quote" else self.take("name"))
            self.take("{")
            made.append(("{", name, labels, self.body("}")))

    def string_text(self):
        parts = self.string()[1]
        return "".join(part if isinstance(part, str) else "" for part in parts)

    def string(self):
        """A quoted string as ("string", [text | expression])."""
        self.take('"', "quote")
        return "string", self.pieces(lambda: self.text.startswith('"', self.at), escaped=True)

    def pieces(self, ended, escaped):
        made, plain = [], []
        while not ended():
            rest = self.text[self.at : self.at + 3]
            if not rest:
                raise Unreadable("a string that does not end")
            if rest in ("$${", "%%{"):
                plain.append(rest[1:])
                self.at += 3
            elif rest[:2] in ("${", "%{"):
                made.append("".join(plain))
                plain = []
                self.at += 2
                made.append(self.interpolated(rest[0]))
            elif escaped and rest[0] == "\\":
                plain.append({"n": "\n", "t": "\t", "r": "\r"}.get(rest[1], rest[1]))
                self.at += 2
            else:
                plain.append(rest[0])
                self.at += 1
        if escaped:
            self.at += 1
        return made + ["".join(plain)]

    def interpolated(self, mark):
        if mark == "%":
            self.at = self.text.index("}", self.at) + 1
            return ""
        self.skips("~")
        start = self.at
        try:
            value = self.within(self.expression)
            self.skips("~")
            self.take("}")
            return value
        except Unreadable:
            # Policy variables that somebody forgot to escape, and other templates' languages.
            self.at = self.text.index("}", start) + 1
            return "name", [self.text[start : self.at - 1]]

    def heredoc(self):
        opening = self.take("heredoc")
        word = re.search(r"[A-Za-z_][\w-]*", opening).group()
        end = re.compile(rf"^[ \t]*{re.escape(word)}[ \t\r]*$", re.MULTILINE).search(self.text, self.at)
        if not end:
            raise Unreadable("a heredoc that does not end")
        inner = Reader(self.text[self.at : end.start()])
        parts = inner.pieces(lambda: inner.at >= len(inner.text), escaped=False)
        self.at = end.end()
        if opening.startswith("<<-") and len(parts) == 1:
            parts = [textwrap.dedent(parts[0])]
        return "string", parts

    def expression(self):
        self.depth += 1
        if self.depth > 60:
            raise Unreadable("nested too deep")
        try:
            left = self.operand()
            while self.peek(self.nested == 0)[1] in ("==", "!=", "<", ">", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%") and self.peek(self.nested == 0)[0] == "mark":
                operator = self.take()
                left = ("binary", operator, left, self.operand())
            if self.skips("?"):
                then = self.expression()
                self.take(":")
                left = ("if", left, then, self.expression())
            return left
        finally:
            self.depth -= 1

    def operand(self):
        kind, text, _ = self.peek()
        if text in ("!", "-") and kind == "mark":
            self.take()
            return "unary", text, self.operand()
        value = self.primary(kind, text)
        while True:
            if self.peek(self.nested == 0)[1] == "." and self.peek(self.nested == 0)[0] == "mark":
                self.take(".")
                step = self.take("name", "number", "*")
                value = ("member", value, ("string", [step]))
            elif self.peek(self.nested == 0)[1] == "[":
                self.take("[")
                if self.skips("*"):
                    self.take("]")
                    value = ("member", value, ("string", ["*"]))
                else:
                    index = self.expression()
                    self.take("]")
                    value = ("member", value, index)
            else:
                return value

    def primary(self, kind, text):
        if kind == "quote":
            return self.string()
        if kind == "heredoc":
            return self.heredoc()
        if kind == "number":
            return "value", json.loads(self.take())
        if text in ("(", "[", "{") and kind == "mark":
            return self.within({"(": self.parenthesis, "[": self.list_, "{": self.object_}[text])
        if kind != "name":
            raise Unreadable(f"{text!r} begins no expression")
        name = self.take()
        if name in ("true", "false", "null"):
            return "value", {"true": True, "false": False, "null": None}[name]
        while self.text.startswith("::", self.at):
            self.at += 2
            name += "::" + self.take("name")
        if self.peek(self.nested == 0)[1] == "(":
            return "call", name, self.within(self.arguments)
        return "name", [name]

    def within(self, part):
        """Something in brackets, where ends of lines do not count."""
        outer, self.nested = self.nested, self.nested + 1
        try:
            return part()
        finally:
            self.nested = outer

    def parenthesis(self):
        self.take("(")
        value = self.expression()
        self.take(")")
        return value

    def arguments(self):
        self.take("(")
        made = []
        while not self.skips(")"):
            made.append(self.expression())
            self.skips("...")
            self.skips(",")
        return made

    def list_(self):
        self.take("[")
        if self.peek()[1] == "for":
            return self.comprehension("]")
        items = []
        while not self.skips("]"):
            items.append(self.expression())
            self.skips(",")
        return "list", items

    def object_(self):
        self.take("{")
        if self.peek()[1] == "for":
            return self.comprehension("}")
        items = []
        while not self.skips("}"):
            kind, _, _ = self.peek()
            if kind == "name":
                key = ("string", [self.take()])
                while self.skips("."):
                    key[1][0] += "." + self.take("name")
                if self.peek()[1] == "(":
                    key = ("call", key[1][0], self.arguments())
            else:
                key = self.expression()
            self.take("=", ":")
            # A value ends with its line, also in an object in brackets.
            outer, self.nested = self.nested, 0
            items.append((key, self.expression()))
            self.nested = outer
            self.skips(",")
        return "object", items

    def comprehension(self, end):
        self.take("for")
        names = [self.take("name")]
        while self.skips(","):
            names.append(self.take("name"))
        self.take("in")
        over = self.expression()
        self.take(":")
        first = self.expression()
        second = self.expression() if self.skips("=>") else None
        self.skips("...")
        condition = self.expression() if self.skips("if") else None
        self.take(end)
        return "for", names, over, first, second, condition


def read(text):
    """The blocks of a file."""
    return Reader(text).body("")


def empty(value):
    return value in (None, "", [], {}) or value is False


class Module:
    """The blocks of a folder, and what its expressions come to."""

    def __init__(self, bodies, stand_in, load):
        self.stand_in, self.load, self.running, self.known = stand_in, load, set(), {}
        self.left = STEPS
        self.variables, self.locals, self.documents, self.templates, self.blocks = {}, {}, {}, {}, []
        for body in bodies:
            for block in body:
                if block[0] == "{":
                    self.add(block)

    def add(self, block):
        _, kind, labels, body = block
        attributes = {item[1]: item[2] for item in body if item[0] == "="}
        if kind == "variable" and labels:
            self.variables[labels[0]] = attributes.get("default")
        elif kind == "locals":
            self.locals.update(attributes)
        elif kind == "data" and labels[:1] == ["aws_iam_policy_document"]:
            self.documents[labels[-1]] = body
        elif kind == "data" and labels[:1] == ["template_file"]:
            self.templates[labels[-1]] = attributes
        self.blocks.append(block)

    def value(self, tree, scope=None):
        scope = scope or {}
        self.left -= 1
        if self.left < 0:
            return Unknown("much")
        kind = tree[0] if isinstance(tree, tuple) else "string"
        if kind == "value":
            return tree[1]
        if kind == "string":
            return self.string(tree[1] if isinstance(tree, tuple) else [tree], scope)
        if kind == "list":
            return [item for item in (self.value(item, scope) for item in tree[1])]
        if kind == "object":
            return {self.text(self.value(key, scope)): self.value(value, scope) for key, value in tree[1]}
        if kind == "if":
            return self.branch(tree, scope)
        if kind == "for":
            return self.each(tree, scope)
        if kind == "call":
            return self.call(tree[1], [self.lazy(argument, scope) for argument in tree[2]])
        if kind in ("name", "member"):
            return self.reference(tree, scope)
        return Unknown("condition")

    def lazy(self, tree, scope):
        return lambda: self.value(tree, scope)

    def text(self, value):
        if isinstance(value, Unknown):
            return self.stand_in(value, inside=True)
        if isinstance(value, (list, tuple)):
            return self.text(value[0]) if value else ""
        return value if isinstance(value, str) else json.dumps(value)

    def string(self, parts, scope):
        if len(parts) == 3 and parts[0] == "" and parts[2] == "" and not isinstance(parts[1], str):
            return self.value(parts[1], scope)
        return "".join(part if isinstance(part, str) else self.text(self.value(part, scope)) for part in parts)

    def branch(self, tree, scope):
        condition = self.value(tree[1], scope)
        if condition is False:
            # A default that switches something off: what it would write is a policy too.
            condition = Unknown("condition")
        then = self.value(tree[2], scope)
        return then if not empty(then) else self.value(tree[3], scope)

    def each(self, tree, scope):
        _, names, over, first, second, condition = tree
        items = self.items(self.value(over, scope), names[-1])
        made = []
        for key, value in items[:4]:
            inner = dict(scope, **({names[0]: key, names[1]: value} if len(names) > 1 else {names[0]: value}))
            made.append((self.value(first, inner), self.value(second, inner) if second else None))
        return {self.text(key): value for key, value in made} if second else [key for key, _ in made]

    @staticmethod
    def items(value, name):
        if isinstance(value, dict):
            return list(value.items())
        if isinstance(value, list):
            return list(enumerate(value))
        return [(Unknown(f"{name}_key"), Unknown(f"{value if isinstance(value, Unknown) else ''}.{name}"))]

    def path(self, tree, scope):
        if tree[0] == "name":
            return list(tree[1])
        if tree[0] == "member":
            inner = self.path(tree[1], scope)
            index = tree[2]
            step = index[1][0] if isinstance(index, tuple) and index[0] == "string" and len(index[1]) == 1 else self.value(index, scope)
            return None if inner is None else [*inner, step]
        return None

    def reference(self, tree, scope):
        path = self.path(tree, scope)
        if path is None:
            inner = self.value(tree[1], scope)
            return self.member(inner, self.value(tree[2], scope))
        return self.named([str(step) if not isinstance(step, (int, float)) else step for step in path], scope)

    def member(self, value, step):
        if isinstance(value, dict) and step in value:
            return value[step]
        if isinstance(value, list) and value:
            if step == "*":
                return value
            return value[min(int(step), len(value) - 1)] if str(step).isdigit() else self.member(value[0], step)
        return Unknown(f"{value if isinstance(value, Unknown) else ''}.{step}")

    def named(self, path, scope):
        head, rest = path[0], path[1:]
        if head in scope:
            value = scope[head]
        elif head == "local" and rest and rest[0] in self.locals:
            value, rest = self.once(("local", rest[0]), self.locals[rest[0]]), rest[1:]
        elif head == "var" and rest and self.variables.get(rest[0]) is not None:
            value = self.once(("var", rest[0]), self.variables[rest[0]])
            if empty(value) and not isinstance(value, bool):
                return Unknown(".".join(map(str, path)))
            rest = rest[1:]
        elif head == "data" and rest[:1] == ["aws_iam_policy_document"] and rest[1:2] and rest[1] in self.documents:
            return self.document_of(rest[1])
        elif head == "data" and rest[:1] == ["template_file"] and rest[1:2] and rest[1] in self.templates:
            return self.once(("template", rest[1]), self.templates[rest[1]].get("template", ("value", None)))
        else:
            return Unknown(".".join(map(str, path)))
        for step in rest:
            value = self.member(value, step)
        return value

    def once(self, name, tree):
        if name in self.known:
            return self.known[name]
        if name in self.running:
            return Unknown(".".join(name))
        self.running.add(name)
        try:
            self.known[name] = self.value(tree)
            return self.known[name]
        finally:
            self.running.discard(name)

    def document_of(self, name):
        if ("document", name) in self.running:
            return Unknown(f"document.{name}")
        self.running.add(("document", name))
        try:
            return Document(document(self, self.documents[name]), merged=self.merges(name))
        finally:
            self.running.discard(("document", name))

    def merges(self, name):
        return any(item[0] == "=" and "policy_documents" in item[1] for item in self.documents[name])

    def call(self, name, arguments):
        values = [argument() for argument in arguments] if name not in ("try", "can") else []
        if name == "jsonencode":
            return Document(values[0]) if values and isinstance(values[0], dict) else json.dumps(values[0] if values else None)
        if name in ("concat", "flatten", "compact", "distinct", "tolist", "toset", "sort", "setunion", "coalescelist", "reverse"):
            return self.flattened(values)
        if name in ("try", "coalesce"):
            for value in values or [argument() for argument in arguments]:
                if not empty(value):
                    return value
            return None
        if name in ("file", "templatefile") and values:
            return self.loaded(values[0])
        if name == "merge":
            return {key: value for part in values if isinstance(part, dict) for key, value in part.items()}
        if name in ("format", "formatlist") and values:
            return self.formatted(name, values)
        if name == "join" and len(values) == 2:
            items = values[1] if isinstance(values[1], list) else [values[1]]
            return self.text(values[0]).join(self.text(item) for item in items)
        if name in ("lower", "upper", "trimspace", "title", "tostring", "jsondecode", "replace", "nonsensitive", "sensitive", "chomp", "one"):
            return values[0] if values else None
        if name == "element" and values:
            return self.member(values[0], 0)
        if name == "lookup" and len(values) > 1:
            found = self.member(values[0], values[1])
            return found if not isinstance(found, Unknown) or len(values) < 3 else values[2]
        return Unknown(name)

    @staticmethod
    def flattened(values):
        made = []
        for value in values:
            for item in Module.flattened(value) if isinstance(value, list) else [value]:
                if item not in made and not (item is None or item == ""):
                    made.append(item)
        return made

    def formatted(self, name, values):
        lists = [value for value in values[1:] if isinstance(value, list)]
        texts = [self.text(value) for value in values[1:]]
        made = re.sub(r"%[sdvq]", lambda _: texts.pop(0) if texts else "x", self.text(values[0]))
        return [made] if name == "formatlist" or lists else made

    def loaded(self, name):
        text = self.load(re.sub(r"^.*?path\.module[^/]*", ".", self.text(name)))
        if text is None:
            return Unknown("file")
        reader = Reader(text)
        try:
            return self.string(reader.pieces(lambda: reader.at >= len(text), escaped=False), {})
        except (Unreadable, ValueError):
            return text


class Document(dict):
    """A policy as the language makes it from objects and blocks."""

    def __init__(self, value, merged=False):
        super().__init__(value)
        self.merged = merged


def single(values):
    values = values if isinstance(values, list) else [values]
    return values[0] if len(values) == 1 else values


def blocks_of(module, body, name, scope):
    """The blocks of a name, with those that `dynamic` makes."""
    for item in body:
        if item[0] != "{":
            continue
        if item[1] == name:
            yield item[3], scope
        elif item[1] == "dynamic" and item[2] == [name]:
            attributes = {inner[1]: inner[2] for inner in item[3] if inner[0] == "="}
            over = module.value(attributes.get("for_each", ("value", None)), scope)
            iterator = (module.path(attributes["iterator"], scope) or [name])[-1] if "iterator" in attributes else name
            contents = [inner[3] for inner in item[3] if inner[0] == "{" and inner[1] == "content"]
            for key, value in module.items(over, iterator)[:4]:
                for content in contents:
                    yield content, dict(scope, **{iterator: {"key": key, "value": value}})


def document(module, body):
    """What `aws_iam_policy_document` makes of its blocks."""
    made = {"Version": "2012-10-17"}
    attributes = {item[1]: item[2] for item in body if item[0] == "="}
    if "version" in attributes:
        made["Version"] = module.value(attributes["version"])
    if "policy_id" in attributes:
        made["Id"] = module.text(module.value(attributes["policy_id"]))
    made["Statement"] = []
    for statement, scope in blocks_of(module, body, "statement", {}):
        actions = {item[1]: module.value(item[2], scope) for item in statement if item[0] == "=" and "actions" in item[1]}
        # Statements that are all variables say nothing of anybody's policy.
        if not any(isinstance(value, Unknown) for value in actions.values()):
            made["Statement"].append(statement_of(module, statement, scope))
    return made


def statement_of(module, body, scope):
    given = {item[1]: module.value(item[2], scope) for item in body if item[0] == "="}
    made = {}
    if not empty(given.get("sid")):
        made["Sid"] = module.text(given["sid"])
    made["Effect"] = module.text(given.get("effect") or "Allow")
    for name in ("principals", "not_principals"):
        kinds = {}
        for principal, inner in blocks_of(module, body, name, scope):
            fields = {item[1]: module.value(item[2], inner) for item in principal if item[0] == "="}
            identifiers = fields.get("identifiers", [])
            kinds.setdefault(module.text(fields.get("type", "AWS")), []).extend(identifiers if isinstance(identifiers, list) else [identifiers])
        if kinds:
            written = "*" if kinds == {"*": ["*"]} else {kind: single(values) for kind, values in kinds.items()}
            made["NotPrincipal" if name.startswith("not") else "Principal"] = written
    for name, element in (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"), ("not_resources", "NotResource")):
        if not empty(given.get(name)):
            made[element] = single(given[name])
    conditions = {}
    for condition, inner in blocks_of(module, body, "condition", scope):
        fields = {item[1]: module.value(item[2], inner) for item in condition if item[0] == "="}
        if isinstance(fields.get("test"), Unknown):
            continue
        key = module.text(fields.get("variable", "")).replace("&{", "${")
        conditions.setdefault(module.text(fields.get("test", "")), {})[key] = single(fields.get("values", []))
    if conditions:
        made["Condition"] = conditions
    return made
