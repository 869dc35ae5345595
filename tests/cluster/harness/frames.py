"""The batch frames of this plugin, as much of them as a liar needs: take apart, change a field, put together with good checksums."""
import struct
import zlib

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
PREAMBLE = struct.Struct("<4sII")  # magic, header length, CRC-32 of length and header

# Fields of BatchHeader in proto/ccr_wire.proto.
BATCH = {"version": 1, "codec": 2, "from_seq_no": 3, "ops": 4, "raw_bytes": 5, "packed_bytes": 6, "checksum": 7,
         "prefix_bytes": 8, "global_checkpoint": 9, "max_seq_no_of_updates": 10, "origin": 14}


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def parse(message):
    """[(field, wire type, value)] of a flat message."""
    found, at = [], 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        key = varint()
        kind = key & 7
        if kind == VARINT:
            value = varint()
        elif kind == FIXED32:
            value, at = message[at:at + 4], at + 4
        elif kind == FIXED64:
            value, at = message[at:at + 8], at + 8
        else:
            length = varint()
            value, at = message[at:at + length], at + length
        found.append((key >> 3, kind, value))
    return found


def build(fields):
    out = bytearray()
    for field, kind, value in fields:
        out += _varint(field << 3 | kind)
        if kind == VARINT:
            out += _varint(value)
        elif kind == BYTES:
            out += _varint(len(value)) + value
        else:
            out += value
    return bytes(out)


def split(frame):
    """(magic, header, packed)."""
    magic, length, _ = PREAMBLE.unpack_from(frame)
    return magic, frame[PREAMBLE.size:PREAMBLE.size + length], frame[PREAMBLE.size + length:]


def join(magic, header, packed):
    length = struct.pack("<I", len(header))
    return PREAMBLE.pack(magic, len(header), zlib.crc32(length + header)) + header + packed


def operations(frame):
    """How many there are in it; none in the answer to a poll that has waited in vain."""
    return next((value for field, _, value in parse(split(frame)[1]) if field == BATCH["ops"]), 0)


def forge(frame, **changes):
    """The same frame with other header fields, and a checksum that fits them."""
    magic, header, packed = split(frame)
    numbers = {BATCH[name]: value for name, value in changes.items()}
    fields = [field for field in parse(header) if field[0] not in numbers]
    kinds = {4: FIXED32, 8: FIXED64}
    fields += [(number, VARINT if isinstance(value, int) else kinds[len(value)], value) for number, value in numbers.items()]
    return join(magic, build(sorted(fields, key=lambda field: field[0])), packed)
