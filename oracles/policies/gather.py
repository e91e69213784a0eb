#!/usr/bin/env python3
"""Gathers the key policies of public repositories into a folder outside this repository.

    oracles/policies/gather.py MIRRORS POLICIES

MIRRORS has one git directory a repository, `owner+name` (bare, or with `.git` or `repo` below); `sources.tsv` names the repositories and the
commits that were read, so `git clone --bare https://github.com/owner/name MIRRORS/owner+name` makes one. A commit that a mirror lacks is an error.
With `--all`, every mirror is read at its HEAD (at its newest commit with more than 20 files) and `sources.tsv` is written anew.

POLICIES gets, a distinct policy: `ID.json`, what a deployment would give KMS, with stand-ins for what only a deployment knows;
`ID.pasted.yaml` or `.json`, the text of a template as a person would paste it, where it differs; `ID.source`, where it is from.
Nothing of it belongs into this repository.
"""

import ast
import collections
import hashlib
import json
import posixpath
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import hcl
import yaml
from stand_ins import OWN, REGION, RESOURCES, WANTED, arn, mended, slug, stand_in

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources.tsv"
EXTENSIONS = ["json", "yaml", "yml", "template", "tf", "md", "rst", "adoc", "py", "ts", "js", "go", "rb", "java", "j2", "tpl", "tftpl", "txt", "snap", "sh", "hcl", "cs", "feature"]
# Documents that look alike: organisation policies and those of endpoints.
ELSEWHERE = re.compile(r"(^|[/_.-])(scps?|rcps?|resource[_-]?control|service[_-]?control|vpc[_-]?endpoint|vpce|endpoint_polic)", re.IGNORECASE)
KEYS = {"AWS::KMS::Key", "AWS::KMS::ReplicaKey"}
TERRAFORM_KEYS = {"aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key", "aws_kms_key_policy"}
NOT_KEYS = re.compile(r"aws_(vpc_endpoint|organizations_policy|s3_|sqs_|sns_|iam_|secretsmanager_|ecr_|backup_|lambda_|elasticsearch|opensearch)")
LARGEST = 3_000_000
PLACE = re.compile(r"\$\{([\w.\[\]-]+)\}|\{\{\s*([\w.:/-]+)[^}]*\}\}")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML with CloudFormation's tags, dates as text."""


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", tagged)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def statements(value):
    found = value.get("Statement") if isinstance(value, dict) else None
    found = [found] if isinstance(found, dict) else found
    return found if isinstance(found, list) and found and all(isinstance(item, dict) for item in found) else []


def is_key_policy(value):
    """Whether a document, wherever it stands, is the policy of a key: principals, and actions of KMS for the most part."""
    found = statements(value)
    if not found or not all("Principal" in item or "NotPrincipal" in item or set(item) & {"Fn::If"} for item in found):
        return False
    actions = [action for item in found for action in many(item.get("Action", item.get("NotAction", []))) if isinstance(action, str)]
    of_kms = [action for action in actions if action.lower().startswith("kms:")]
    return bool(of_kms) and 2 * len(of_kms) > len([action for action in actions if action != "*"])


def many(value):
    return value if isinstance(value, list) else [value]


class Corpus:
    """The distinct policies found so far, in the folder."""

    def __init__(self, folder):
        self.folder, self.seen, self.counts, self.troubles = folder, {}, collections.Counter(), collections.Counter()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, policy, origin, form, pasted=None, partial=False):
        policy = dictionary(policy)
        # What is compared has neither white space nor the order of its members.
        text = json.dumps(policy, sort_keys=True)
        digest = hashlib.sha256(re.sub(r"\s+", " ", text).encode()).hexdigest()[:12]
        if digest in self.seen:
            return
        self.seen[digest] = origin
        self.counts[origin[0]] += 1
        (self.folder / f"{digest}.json").write_text(json.dumps(policy, indent=2) + "\n")
        if pasted:
            (self.folder / f"{digest}.pasted.{pasted[0]}").write_text(pasted[1])
        source = {"repository": origin[0], "commit": origin[1], "path": origin[2], "form": form, "partial": partial, "account": account(policy)}
        (self.folder / f"{digest}.source").write_text(json.dumps(source) + "\n")


def account(policy):
    """The account that has the key, which whoever reads a key knows: that of the statement for the account, else the one that is named most."""
    for statement in statements(policy):
        principals = statement.get("Principal")
        text = json.dumps(principals.get("AWS") if isinstance(principals, dict) else principals)
        found = re.search(r":iam::(\d{12}):root|\"(\d{12})\"", text)
        if found and any(str(action).lower() in ("*", "kms:*", "kms:put*", "kms:putkeypolicy") for action in many(statement.get("Action"))):
            return found[1] or found[2]
    if OWN in json.dumps(policy):
        return OWN
    named = collections.Counter(re.findall(r"(?<!\d)\d{12}(?!\d)", json.dumps(policy)))
    return named.most_common(1)[0][0] if named else OWN


def dictionary(value, wanted=None):
    """Plain JSON, with stand-ins for what is unknown."""
    if isinstance(value, hcl.Unknown):
        return stand_in(value, wanted=wanted)
    if isinstance(value, dict):
        return {str(key): dictionary(item, str(key) if key in ("AWS", "Service") else str(key).lower() if str(key).lower() in WANTED else None) for key, item in value.items()}
    if isinstance(value, list):
        return [dictionary(item, wanted) for item in value]
    if isinstance(value, str):
        return mended(value.replace("&{", "${"))
    return value


def filled(value, wanted=None):
    """A document with stand-ins for what other templates' languages fill in: `${name}`, `{{ name }}`."""
    if isinstance(value, dict):
        return {key: filled(item, key if key in ("AWS", "Service") else None) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, wanted) for item in value]
    if isinstance(value, str):
        whole = re.fullmatch(PLACE, value)
        return stand_in(whole[1] or whole[2], wanted=wanted) if whole else re.sub(PLACE, lambda found: stand_in(found[1] or found[2], inside=True), value)
    return value


# CloudFormation


class Template:
    """A template, and what its functions come to."""

    def __init__(self, tree):
        self.resources = tree.get("Resources") if isinstance(tree.get("Resources"), dict) else {}
        self.parameters = tree.get("Parameters") if isinstance(tree.get("Parameters"), dict) else {}
        self.mappings = tree.get("Mappings") if isinstance(tree.get("Mappings"), dict) else {}

    def policies(self):
        for name, resource in self.resources.items():
            if isinstance(resource, dict) and resource.get("Type") in KEYS and isinstance(resource.get("Properties"), dict):
                policy = resource["Properties"].get("KeyPolicy")
                if isinstance(policy, dict) and ("Statement" in policy):
                    yield name, policy

    def resolved(self, value, wanted=None):
        if isinstance(value, list):
            items = [self.resolved(item, wanted) for item in value]
            return [item for item in items if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), = value.items()
            if name == "Ref" or str(name).startswith("Fn::"):
                return self.function(str(name).removeprefix("Fn::"), argument, wanted)
        made = {key: self.resolved(item, key if key in ("AWS", "Service", "Federated") else None) for key, item in value.items()}
        return {key: item for key, item in made.items() if item is not None}

    def function(self, name, argument, wanted):
        if name == "Ref":
            return self.reference(str(argument), wanted)
        if name == "GetAtt":
            parts = argument if isinstance(argument, list) else str(argument).split(".", 1)
            return self.attribute(str(parts[0]), str(parts[-1]))
        if name == "Sub":
            text, names = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
            return self.substituted(str(text), names if isinstance(names, dict) else {})
        if name == "Join" and isinstance(argument, list) and len(argument) == 2:
            items = self.resolved(argument[1])
            return str(argument[0]).join(str(item) for item in many(items))
        if name == "If" and isinstance(argument, list) and len(argument) == 3:
            then = self.resolved(argument[1], wanted)
            return then if then is not None else self.resolved(argument[2], wanted)
        if name == "Split" and isinstance(argument, list) and len(argument) == 2:
            return str(self.resolved(argument[1])).split(str(argument[0]))
        if name == "Select" and isinstance(argument, list) and len(argument) == 2:
            items = self.resolved(argument[1], wanted)
            at = int(argument[0]) if str(argument[0]).isdigit() else 0
            return items[at] if isinstance(items, list) and at < len(items) else items
        if name == "FindInMap":
            return stand_in(str(argument[-1]) if isinstance(argument, list) and isinstance(argument[-1], str) else "mapped", wanted=wanted)
        if name == "ImportValue":
            return stand_in(re.sub(r"\W", "_", str(self.resolved(argument))), wanted=wanted)
        return stand_in(f"{name}", wanted=wanted)

    def substituted(self, text, names):
        def value(found):
            name = found[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in names:
                return str(self.resolved(names[name]))
            if "." in name and not name.startswith("AWS::"):
                return str(self.attribute(*name.split(".", 1)))
            return str(self.reference(name, None))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def reference(self, name, wanted):
        pseudo = {"AWS::AccountId": OWN, "AWS::Partition": "aws", "AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com", "AWS::NoValue": None,
                  "AWS::StackName": "stack", "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{OWN}:stack/stack/1"}
        if name in pseudo:
            return pseudo[name]
        parameter = self.parameters.get(name)
        if isinstance(parameter, dict):
            default = parameter.get("Default")
            if default not in (None, "") and str(default).lower() not in ("none", "null"):
                text = f"{default:012d}" if isinstance(default, int) and default > 10**9 else str(default)
                return text.split(",") if "List" in str(parameter.get("Type")) else text
            return stand_in(spelled(name), wanted=wanted)
        resource = self.resources.get(name)
        if isinstance(resource, dict):
            kind = str(resource.get("Type", "")).removeprefix("AWS::")
            if kind.startswith(("SNS::Topic", "StepFunctions", "ElasticLoadBalancingV2", "SecretsManager")):
                return self.attribute(name, "Arn")
            return slug(name)
        return stand_in(spelled(name), wanted=wanted)

    def attribute(self, name, attribute):
        resource = self.resources.get(name)
        kind = re.sub(r"\W+", "_", str(resource.get("Type", "")).removeprefix("AWS::")).lower() if isinstance(resource, dict) else ""
        if attribute.lower().endswith("arn"):
            return arn(kind, name) or stand_in(f"aws_{kind}.{spelled(name)}.arn" if kind in RESOURCES else f"{spelled(name)}_arn")
        return stand_in(f"{spelled(name)}.{spelled(attribute)}")


def spelled(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name)).lower()


def slices(text):
    """The text of each `KeyPolicy` in a YAML file, as somebody would cut it out, by the line of its value."""
    try:
        documents = list(yaml.compose_all(text, Loader=Loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    found = []

    def walk(node, depth):
        if depth > 60 or node is None:
            return
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if getattr(key, "value", None) == "KeyPolicy" and isinstance(value, yaml.MappingNode):
                    start, end = value.start_mark, value.end_mark
                    cut = " " * start.column + text[start.index : end.index]
                    found.append(textwrap.dedent(cut).rstrip() + "\n")
                else:
                    walk(value, depth + 1)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item, depth + 1)

    for document in documents:
        walk(document, 0)
    return found


def from_tree(corpus, tree, origin, text=None, depth=0):
    """Policies anywhere in a parsed file."""
    if depth > 50:
        return
    if isinstance(tree, dict):
        template = Template(tree) if "Resources" in tree else None
        if template:
            cuts = slices(text) if text and origin[2].endswith((".yaml", ".yml", ".template", ".md")) and not text.lstrip().startswith("{") else []
            for _, policy in template.policies():
                made = template.resolved(policy)
                pasted = None
                if made != policy:
                    cut = next((cut for cut in cuts if same(cut, policy)), None)
                    pasted = ("yaml", cut) if cut else ("json", json.dumps(policy, indent=2) + "\n")
                if statements(made):
                    corpus.add(made, origin, "CloudFormation", pasted)
        elif is_key_policy(tree):
            add_document(corpus, tree, origin)
            return
        for key, value in tree.items():
            if not (template and key == "Resources"):
                from_tree(corpus, value, origin, None, depth + 1)
            else:
                for resource in value.values() if isinstance(value, dict) else []:
                    if isinstance(resource, dict) and resource.get("Type") not in KEYS and not re.search(r"VPCEndpoint|IAM|S3|SQS|SNS|Organizations", str(resource.get("Type"))):
                        from_tree(corpus, resource, origin, None, depth + 1)
    elif isinstance(tree, list):
        for item in tree:
            from_tree(corpus, item, origin, None, depth + 1)
    elif isinstance(tree, str) and "Statement" in tree:
        from_text(corpus, tree, origin)


def same(cut, policy):
    try:
        return yaml.load(cut, Loader=Loader) == policy
    except (yaml.YAMLError, ValueError):
        return False


# Documents in text: strings of programs, fenced blocks, heredocs


def from_text(corpus, text, origin, form="document"):
    for candidate in {text, text.replace('\\"', '"').replace("\\n", "\n")}:
        for found in re.finditer(r'\{\s*"(Version|Id|Statement)"', candidate):
            cut = balanced(candidate, found.start())
            if cut is None:
                continue
            try:
                value = json.loads(cut)
            except ValueError:
                value = printed(cut)
            if isinstance(value, dict) and is_key_policy(value):
                add_document(corpus, value, origin, form)


def add_document(corpus, policy, origin, form="document"):
    made = filled(Template({}).resolved(policy))
    corpus.add(made, origin, form, ("json", json.dumps(policy, indent=2) + "\n") if made != policy else None)


def balanced(text, start):
    depth, quoted, at = 0, False, start
    for at in range(start, min(len(text), start + 60_000)):
        letter = text[at]
        if letter == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and letter in "{[":
            depth += 1
        elif not quoted and letter in "}]":
            depth -= 1
            if depth == 0:
                return text[start : at + 1]
    return None


def printed(cut):
    """Printed JSON with comments and other languages' placeholders in its strings."""
    cut = re.sub(r"\$\{([\w.:\[\]\"*-]+)\}", lambda found: found[0] if ":" in found[1] else stand_in(found[1], inside=True), cut)
    cut = re.sub(r"\{\{\s*([\w.-]+)[^}]*\}\}", lambda found: stand_in(found[1], inside=True), cut)
    try:
        return json.loads(cut)
    except ValueError:
        return None


def from_markdown(corpus, text, origin):
    for found in re.finditer(r"^( *)(```+|~~~+)[ \t]*([\w-]*)[^\n]*\n(.*?)^ *\2", text, re.MULTILINE | re.DOTALL):
        body = textwrap.dedent(found[4])
        if found[3] in ("hcl", "terraform", "tf"):
            terraform(corpus, {"README": body}, origin, lambda _: None)
        elif found[3] in ("yaml", "yml", "") and "KeyPolicy" in body and not body.lstrip().startswith("{"):
            try:
                from_tree(corpus, yaml.load(body, Loader=Loader), origin, body)
            except (yaml.YAMLError, ValueError, RecursionError):
                pass
    from_text(corpus, text, origin)


class Literal(ast.NodeVisitor):
    """Dictionaries of Python programs, with stand-ins for names."""

    def __init__(self, corpus, origin):
        self.corpus, self.origin = corpus, origin

    def visit_Dict(self, node):
        value = self.value(node)
        if is_key_policy(value):
            self.corpus.add(value, self.origin, "Python")
        else:
            self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and "Statement" in node.value:
            from_text(self.corpus, node.value, self.origin)

    def value(self, node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Dict):
            return {str(self.value(key)): self.value(item) for key, item in zip(node.keys, node.values) if key is not None}
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.JoinedStr):
            return "".join(self.part(item) for item in node.values)
        return hcl.Unknown(ast.unparse(node)[:80])

    def part(self, node):
        if isinstance(node, ast.FormattedValue):
            return stand_in(ast.unparse(node.value)[:80], inside=True)
        return str(node.value)


# Terraform


def terraform(corpus, files, origin, load):
    """The keys and the documents of a folder's files, by name and text."""
    bodies, where = [], {}
    for name, text in files.items():
        try:
            body = hcl.read(text)
        except (hcl.Unreadable, ValueError, IndexError, RecursionError):
            corpus.troubles["a Terraform file that the reader does not take"] += 1
            continue
        bodies.append(body)
        for block in body:
            where[id(block)] = name
    module = hcl.Module(bodies, stand_in, load)
    used = set()
    for block in module.blocks:
        place = (origin[0], origin[1], where.get(id(block), origin[2]))
        kind, labels = block[1], block[2]
        if kind == "resource" and labels and NOT_KEYS.match(labels[0]) or kind in ("variable", "locals", "output", "terraform"):
            continue
        for item in block[3]:
            if item[0] == "=" and "policy" in item[1] or (kind == "module" and item[0] == "="):
                value = evaluated(corpus, module, item[2])
                is_key = kind == "resource" and labels and labels[0] in TERRAFORM_KEYS
                for policy in as_policies(corpus, value, is_key):
                    used.add(json.dumps(dictionary(policy), sort_keys=True))
                    corpus.add(policy, place, "Terraform", partial=getattr(policy, "merged", False))
    for name, body in module.documents.items():
        value = evaluated(corpus, module, ("name", ["data", "aws_iam_policy_document", name]))
        if value is not None and is_key_policy(value) and json.dumps(dictionary(value), sort_keys=True) not in used:
            corpus.add(value, origin, "Terraform", partial=True)


def evaluated(corpus, module, tree):
    try:
        return module.value(tree)
    except (hcl.Unreadable, ValueError, IndexError, TypeError, RecursionError, AttributeError, KeyError) as error:
        corpus.troubles[f"a Terraform expression: {type(error).__name__}"] += 1
        return None


def as_policies(corpus, value, is_key):
    if isinstance(value, str) and not isinstance(value, hcl.Unknown) and "Statement" in value:
        try:
            value = json.loads(value)
        except ValueError:
            corpus.troubles["a Terraform heredoc that is no JSON"] += 1
            return
    if isinstance(value, list):
        for item in value:
            yield from as_policies(corpus, item, is_key)
    elif isinstance(value, dict) and statements(value) and (is_key or is_key_policy(value)):
        yield value


# Repositories


def git_directory(place):
    return next((it for it in (place / "repo" / ".git", place / "repo", place / ".git", place) if (it / "HEAD").exists()), None)


class Repository:
    """A mirror at one commit."""

    def __init__(self, place, commit=None):
        self.git = ["git", "--git-dir", str(git_directory(place).resolve())]
        self.name = place.name.replace("+", "/", 1)
        self.commit = commit or self.newest()
        self.files = subprocess.Popen([*self.git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, *arguments):
        done = subprocess.run([*self.git, *arguments], capture_output=True, text=True, errors="replace")
        if done.returncode not in (0, 1):
            sys.exit(f"git {' '.join(arguments)} in {self.name}: {done.stderr}")
        return done

    def newest(self):
        """The newest commit that has files: AWS's documentation repositories were emptied."""
        for commit in self.run("rev-list", "--max-count", "60", "--first-parent", "HEAD").stdout.split():
            if len(self.run("ls-tree", "-r", "--name-only", commit).stdout.splitlines()) > 20:
                return commit
        return self.run("rev-parse", "HEAD").stdout.strip()

    def read(self, path):
        self.files.stdin.write(f"{self.commit}:{path}\n".encode())
        self.files.stdin.flush()
        found = self.files.stdout.readline().split()
        if found[-1] in (b"missing", b"ambiguous") or b"\n" in path.encode():
            return None
        text = self.files.stdout.read(int(found[-1]) + 1)[:-1]
        return text.decode(errors="replace") if found[-2] == b"blob" and len(text) <= LARGEST else None

    def matching(self, pattern, extensions):
        said = self.run("grep", "-lIiE", pattern, self.commit, "--", *(f"*.{it}" for it in extensions))
        return [line.split(":", 1)[1] for line in said.stdout.splitlines() if ":" in line]


def gather(corpus, repository):
    paths = [path for path in repository.matching(r"kms:|AWS::KMS::", EXTENSIONS) if not ELSEWHERE.search(path)]
    folders = {}
    for path in paths:
        origin = (repository.name, repository.commit, path)
        if path.endswith(".tf"):
            folders.setdefault(posixpath.dirname(path), []).append(path)
            continue
        text = repository.read(path)
        if text is not None:
            from_file(corpus, path, text, origin)
    for path in repository.matching(r'"aws_kms_(key|replica_key|external_key|key_policy)"', ["tf"]):
        folders.setdefault(posixpath.dirname(path), []).append(path)
    for folder, names in sorted(folders.items()):
        listed = repository.run("ls-tree", "--name-only", repository.commit, *([folder + "/"] if folder else [])).stdout.splitlines()
        files = {name: repository.read(name) for name in listed if name.endswith(".tf")}
        # Where a file each is an example of its own (the fixtures of scanners), names clash; then each alone.
        groups = [files] if len(files) < 40 else [{name: text} for name, text in files.items() if name in names]
        for group in groups:
            load = lambda name, folder=folder: repository.read(posixpath.normpath(posixpath.join(folder, name)))
            terraform(corpus, {name: text for name, text in group.items() if text}, (repository.name, repository.commit, names[0]), load)


def from_file(corpus, path, text, origin):
    if path.endswith((".yaml", ".yml", ".json", ".template")):
        try:
            loaded = [json.loads(text)] if text.lstrip().startswith(("{", "[")) else list(yaml.load_all(text, Loader=Loader))
            for document in loaded:
                from_tree(corpus, document, origin, text)
            return
        except (yaml.YAMLError, ValueError, RecursionError, TypeError):
            pass
    if path.endswith(".md"):
        from_markdown(corpus, text, origin)
    elif path.endswith(".py"):
        try:
            Literal(corpus, origin).visit(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError):
            from_text(corpus, text, origin)
    else:
        from_text(corpus, text, origin)


def main():
    everything = "--all" in sys.argv
    mirrors, policies = [Path(it) for it in sys.argv[1:] if not it.startswith("--")]
    corpus = Corpus(policies)
    if everything:
        places = [(place, None) for place in sorted(mirrors.iterdir()) if place.is_dir() and git_directory(place)]
    else:
        rows = [line.split("\t") for line in SOURCES.read_text().splitlines()[1:]]
        places = [(mirrors / name.replace("/", "+", 1), commit) for name, commit, *_ in rows]
    read = []
    for place, commit in places:
        if not place.is_dir() or not git_directory(place):
            sys.exit(f"{place} is not there: git clone --bare https://github.com/{place.name.replace('+', '/', 1)} {place}")
        repository = Repository(place, commit)
        gather(corpus, repository)
        repository.files.kill()
        repository.files.wait()
        read.append(repository)
        print(f"{repository.name} {corpus.counts[repository.name]}", flush=True)
    if everything:
        rows = [f"{it.name}\t{it.commit}\t{corpus.counts[it.name]}" for it in read if corpus.counts[it.name]]
        SOURCES.write_text("\n".join(["repository\tcommit\tpolicies", *rows]) + "\n")
    for trouble, count in corpus.troubles.most_common():
        print(f"{count} × {trouble}")
    print(f"{len(corpus.seen)} distinct policies of {sum(1 for count in corpus.counts.values() if count)} repositories in {policies}")


if __name__ == "__main__":
    main()
