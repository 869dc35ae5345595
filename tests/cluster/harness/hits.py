"""Hits of a search answer with their sources as they stand there: to the byte, which a parser would not keep."""
import json
import re

_STRING = r'"(?:[^"\\]|\\.)*"'
# The order is the one in which OpenSearch writes a hit. A source is copied into an answer as it is stored.
_HEAD = re.compile(rf'\{{"_index":{_STRING},"_id":({_STRING}),"_version":(-?\d+),"_seq_no":(\d+),"_primary_term":\d+,'
                   rf'"_score":[^,}}]*((?:,"_(?:routing|ignored)":(?:{_STRING}|\[[^\]]*\]))*)(,"_source":\s*)?')
_ROUTING = re.compile(rf'"_routing":({_STRING})')
_TAIL = re.compile(r'\s*(?:,"sort":\[[^\]]*\])?\}(,|\])')
_ARRAY = '"hits":['
_decoder = json.JSONDecoder()


def split(body):
    """The answer without its hits, and the hits: [(id, seq_no, version, routing or None, source bytes or None)].

    The answer is not pretty; its query asks for version, seq_no_primary_term and at most a sort by one number.
    """
    text = body.decode("utf-8", "surrogateescape")
    at = text.find(_ARRAY)
    if at < 0:
        raise AssertionError(f"no hits in {text[:600]}")
    at += len(_ARRAY)
    start, hits = at, []
    if text[at] == "]":
        at += 1
    else:
        more = ","
        while more == ",":
            head = _HEAD.match(text, at)
            if head is None:
                raise AssertionError(f"not a hit as OpenSearch 3.6 writes it: {text[at:at + 300]}")
            source, at = None, head.end()
            if head[5]:
                begin = head.start(5) + len(',"_source":')
                at = _decoder.raw_decode(text, at)[1]
                tail = _TAIL.match(text, at)
                # White space behind the source belongs to it.
                end = at + len(tail[0]) - len(tail[0].lstrip()) if tail else at
                source = text[begin:end].encode("utf-8", "surrogateescape")
            else:
                tail = _TAIL.match(text, at)
            if tail is None:
                raise AssertionError(f"not the end of a hit: {text[at:at + 300]}")
            routing = _ROUTING.search(head[4])
            hits.append((json.loads(head[1]), int(head[3]), int(head[2]), routing and json.loads(routing[1]), source))
            at, more = tail.end(), tail[1]
    return json.loads(text[:start] + "]" + text[at:]), hits
