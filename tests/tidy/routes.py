"""The endpoints that the Java code registers, read from its text, and those that docs/openapi.yaml describes."""
import re

BASE = "/_plugins/_replication/"
# What stands for several words at a registration.
WORDS = {
    "verb.word()": ["start", "stop", "pause", "resume"],
    "path()": ["/_cat/replication", "/_cat/replication/shards"],
}
CALL = re.compile(r"(?<![\w.])(both|onFollower|new Route)\(\s*(?:RestRequest\.)?(?:Method\.)?(GET|PUT|POST|DELETE|HEAD)\s*,\s*")
CONSTANT = re.compile(r'static final String (\w+) = ([^;]+);')


def _argument(text, start):
    """The text up to the parenthesis that closes the call."""
    depth, at = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return " ".join(text[start:at - 1].split())


def _values(expression, own, constants):
    """Every string that a concatenation of literals, constants and WORDS can be."""
    values = [""]
    for term in (term.strip() for term in expression.split("+")):
        if term.startswith('"'):
            ends = [term[1:-1]]
        elif term in WORDS:
            ends = WORDS[term]
        else:
            owner, _, name = term.rpartition(".")
            ends = _values(constants[owner or own][name], owner or own, constants)
        values = [value + end for value in values for end in ends]
    return values


def registered(files):
    """{(METHOD, path)} of the classes in files, a map of name to text."""
    constants = {}
    for name, text in files.items():
        constants[name.rsplit("/", 1)[-1][:-5]] = dict(CONSTANT.findall(text))
    found = set()
    for name, text in files.items():
        own = name.rsplit("/", 1)[-1][:-5]
        if own == "RestReplication":
            continue
        for call in CALL.finditer(text):
            kind, method = call.groups()
            for path in _values(_argument(text, call.end()), own, constants):
                prefix = {"both": BASE, "onFollower": BASE + "{index}/", "new Route": ""}[kind]
                found.add((method, prefix + path))
    return found


def described(text):
    """{(METHOD, path)} of the OpenAPI file, whose paths and methods stand at fixed places."""
    found, path = set(), None
    for line in text.split("\n"):
        if re.match(r"\S", line):
            path = None
        elif re.match(r"  /\S+:$", line):
            path = line.strip()[:-1]
        elif path and re.match(r"    (get|put|post|delete|head):$", line):
            found.add((line.strip()[:-1].upper(), path))
    return found
