"""Fixtures of the cluster tests. Real nodes only; clusters are shared where tests do not disturb each other."""
import os
import re
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import config  # noqa: E402
from harness.http import Http  # noqa: E402
from harness.pair import Pair  # noqa: E402
from harness.rest import Rest  # noqa: E402

try:
    from harness.openapi import complaint
except ImportError:  # without the environment of requirements.txt, answers are not held against the description
    complaint = None

# In this order, by one process: a pair rests while the tests between run.
REST = ("test_ordinary_shards_rest", "test_latency", "test_followed_shards_rest", "test_link_down",
        "test_after_five_minutes_of_rest")
_running = []


def pytest_configure(config):
    config.addinivalue_line("markers", "xdist_group(name): tests that one process runs")
    config.addinivalue_line("markers", "no_plugin: tests the harness itself, needs no plugin zip")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))  # so that fixtures stop their nodes


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups after us
def pytest_collection_modifyitems(config, items):
    from harness import config as environment
    no_zip = pytest.mark.skip(reason="CCR_PLUGIN_ZIP is not set")
    for item in items:
        if environment.plugin_zip() is None and not item.get_closest_marker("no_plugin"):
            item.add_marker(no_zip)
    # Two processes share the work, a file at a time (--dist loadgroup). What needs the secured pair is one group, so that
    # only one of them starts it, and stands first, since it takes longest. What lasts while a pair rests is the second.
    items.sort(key=lambda item: (not _secured(item), _place_in_rest(item)))
    for item in items:
        rests = _place_in_rest(item) < len(REST)
        item.add_marker(pytest.mark.xdist_group("secured" if _secured(item) else "rest" if rests else item.path.stem))


def _place_in_rest(item):
    return next((n for n, name in enumerate(REST) if name in (item.path.stem, item.name)), len(REST))


def _secured(item):
    return "secure_pair" in item.fixturenames or "[secured" in item.name


@pytest.hookimpl(hookwrapper=True)  # the form that older pytests know, too
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and report.when in ("setup", "call"):
        config.keep = True
        # A run takes long: the reason is told at once, not only in the end.
        print(f"\n{report.nodeid} {report.when}: {str(call.excinfo.value)[:2500]}", file=sys.__stderr__, flush=True)
        used = [*item.funcargs.values()]
        used += [getattr(one, "pair", None) for one in used]
        for pair in _running:
            if pair in used or report.when == "setup":
                report.sections.append(("nodes", pair.tail()))


def _run(pair):
    """Starts a pair, hands it out, and looks at the nodes' logs in the end."""
    _running.append(pair)
    try:
        pair.start()
        yield pair
        signs = pair.fatal_signs() + pair.heap_signs()
        assert not signs, "signs of a broken node:\n" + "\n".join(signs[:10])
    finally:
        pair.close()
        _running.remove(pair)


@pytest.fixture(autouse=True)
def answers_as_described():
    """Every answer of the plugin, in every test, is one that docs/openapi.yaml allows."""
    Http.judge, Http.complaints = complaint, []
    yield
    Http.judge = None
    assert not Http.complaints, "not as described in docs/openapi.yaml:\n" + "\n".join(dict.fromkeys(Http.complaints))


@pytest.fixture(scope="session")
def pair():
    """One leader node and one follower node, never killed."""
    yield from _run(Pair())


@pytest.fixture(scope="session")
def secure_pair():
    """One leader node and one follower node with the Security plugin, never killed."""
    yield from _run(Pair(name="secure", secure=True, heap="512m"))


@pytest.fixture(scope="session")
def resting():
    """A pair of its own, for the tests of test_idle; the last of them closes it."""
    steps = _run(Pair(name="idle", heap="512m"))
    rest = Rest(next(steps), lambda: next(steps, None))
    yield rest
    rest.close()


@pytest.fixture(scope="module")
def own_pair(request):
    """A pair for one module, whose nodes may be killed. A module may give PAIR = dict(...) for its shape."""
    shape = getattr(request.module, "PAIR", {})
    name = re.sub(r"[^a-z0-9]+", "-", request.module.__name__.replace("test_", ""))
    yield from _run(Pair(**{"name": name, **shape}))


@pytest.fixture
def name(request):
    """An index name of this test's own."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower().replace("test_", "")).strip("-")[:80]


@pytest.fixture
def index(pair, name):
    """An index name in the shared pair; what the test leaves behind goes away."""
    yield name
    pair.drop(name)


@pytest.fixture
def family(pair, name):
    """Index names in the shared pair with a common prefix; they go away in the end."""
    names = [f"{name}-{letter}" for letter in "abc"]
    yield names
    for one in names:
        pair.drop(one)


@pytest.fixture
def own_index(own_pair, name):
    yield name
    own_pair.mend()
    own_pair.drop(name)
