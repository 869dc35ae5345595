"""docs/openapi.yaml as a judge: is an answer one that the description allows?"""
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import yaml

FILE = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"
OLD, NEW = "/_opendistro/_replication", "/_plugins/_replication"


@lru_cache(maxsize=1)
def description():
    with open(FILE, encoding="utf-8") as file:
        return yaml.safe_load(file)


@lru_cache(maxsize=1)
def _paths():
    """(pattern of the path, template), those with fewest parameters first: `_status` is no index."""
    templates = sorted(description()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]*", re.escape(path)) + "$"), path) for path in templates]


def template_of(url):
    """The path of the description that a URL is an instance of; None when there is none."""
    path = urlsplit(url).path.replace(OLD, NEW, 1)
    return next((template for pattern, template in _paths() if pattern.match(path)), None)


def _plain(node):
    """A schema as JSON Schema knows it: `nullable` is OpenAPI's own word."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in ("nullable", "example", "discriminator")}
    if node.get("nullable") is True:
        plain["type"] = [node["type"], "null"]
    return plain


@lru_cache(maxsize=None)
def _validator(template, method, status, media):
    found = description()
    answer = found["paths"][template][method]["responses"][status]
    if "$ref" in answer:
        answer = found["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    schema = {"components": _plain(found["components"]), **_plain(answer["content"][media]["schema"])}
    return jsonschema_rs.validator_for(schema)


def complaint(method, url, response):
    """What is wrong with an answer by the description; None when nothing is, or when it does not speak of this path."""
    template = template_of(url)
    operation = template and description()["paths"][template].get(method.lower())
    if not operation or "filter_path=" in url:
        return None
    here = f"{method} {unquote(url)}"
    if str(response.status) not in operation["responses"]:
        return f"{here}: status {response.status} is not described: {response.text[:400]}"
    try:
        body = response.json
    except ValueError:
        return None
    try:
        _validator(template, method.lower(), str(response.status), "application/json").validate(body)
    except KeyError:
        return f"{here}: JSON is not described for {response.status}: {response.text[:400]}"
    except jsonschema_rs.ValidationError as error:
        return f"{here}: {response.status}: {error.message} at /{'/'.join(map(str, error.instance_path))}: {response.text[:400]}"
    return None
