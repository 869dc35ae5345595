/* Written from the format descriptions in ccr/tlog.h, ccr/op.h, proto/ccr_wire.proto and those of LZ4 and protobuf. */
#include "reference.h"

#include <string.h>

struct in {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool bad;
};

static uint64_t number(struct in *in, int bytes, bool big_endian)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++) {
        uint64_t byte = 0;

        if (in->at < in->len) {
            byte = in->bytes[in->at++];
        } else {
            in->bad = true;
        }
        v = big_endian ? v << 8 | byte : v | byte << (8 * i);
    }
    return v;
}

static void skip(struct in *in, uint64_t bytes)
{
    if (bytes > in->len - in->at) {
        in->bad = true;
        in->at = in->len;
    } else {
        in->at += bytes;
    }
}

/* At most five bytes, at most 32 bits. */
static uint32_t vint(struct in *in)
{
    uint64_t v = 0;

    for (int i = 0; i < 5; i++) {
        uint64_t byte = number(in, 1, true);

        v |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            in->bad = in->bad || v > UINT32_MAX;
            return (uint32_t)v;
        }
    }
    in->bad = true;
    return 0;
}

/* Counted in UTF-16 units, each of one to three bytes. */
static void string(struct in *in)
{
    for (uint32_t units = vint(in); units > 0 && !in->bad; units--) {
        uint64_t lead = number(in, 1, true);

        if (lead >= 0xC0 && lead < 0xE0) {
            skip(in, 1);
        } else if (lead >= 0xE0 && lead < 0xF0) {
            skip(in, 2);
        } else if (lead >= 0x80) {
            in->bad = true;
        }
    }
}

uint32_t reference_crc32(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        }
    }
    return ~crc;
}

bool reference_op(struct reference_op *out, const uint8_t *body, size_t len)
{
    struct in in = {body, len, 0, len < 17 || len > 1u << 30};
    uint64_t flag;

    out->type = (int)number(&in, 1, true);
    switch (out->type) {
    case 2:
        in.bad = in.bad || vint(&in) != 11;
        string(&in);
        skip(&in, vint(&in));
        flag = number(&in, 1, true);
        in.bad = in.bad || flag > 1;
        if (flag == 1) {
            string(&in);
        }
        skip(&in, 16);
        break;
    case 3:
        in.bad = in.bad || vint(&in) != 7;
        string(&in);
        skip(&in, 8);
        break;
    case 4:
        break;
    default:
        return false;
    }
    out->seq_no = (int64_t)number(&in, 8, true);
    out->term = (int64_t)number(&in, 8, true);
    if (out->type == 4) {
        string(&in);
    }
    return !in.bad && in.at == len && out->seq_no >= 0 && out->term >= 0;
}

bool reference_ops(const uint8_t *plain, size_t len, int64_t first_seq_no, uint32_t *ops, uint32_t *checksum)
{
    struct in in = {plain, len, 0, false};
    uint8_t record[8];
    uint32_t crc = UINT32_MAX;

    *ops = 0;
    while (in.at < len) {
        uint32_t body_len = (uint32_t)number(&in, 4, true);
        const uint8_t *body = plain + in.at;
        struct reference_op op;
        uint32_t body_crc;

        skip(&in, body_len);
        if (in.bad || !reference_op(&op, body, body_len) || (uint64_t)op.seq_no != (uint64_t)first_seq_no + *ops) {
            return false;
        }
        body_crc = reference_crc32(body, body_len);
        for (int i = 0; i < 4; i++) {
            record[i] = (uint8_t)(body_len >> (24 - 8 * i));
            record[4 + i] = (uint8_t)(body_crc >> (24 - 8 * i));
        }
        for (size_t i = 0; i < sizeof record; i++) { /* the running CRC-32 of all records */
            crc ^= record[i];
            for (int bit = 0; bit < 8; bit++) {
                crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
            }
        }
        (*ops)++;
    }
    *checksum = ~crc;
    return true;
}

static bool codec(struct in *in, const char *name, uint32_t *version)
{
    size_t len = strlen(name);

    if (number(in, 4, true) != 0x3FD76C17 || vint(in) != len || in->bad || in->len - in->at < len ||
        memcmp(in->bytes + in->at, name, len) != 0) {
        return false;
    }
    in->at += len;
    *version = (uint32_t)number(in, 4, true);
    return !in->bad;
}

bool reference_header(struct reference_header *out, const uint8_t *bytes, size_t len)
{
    struct in in = {bytes, len, 0, false};
    uint32_t version;
    uint64_t uuid_len;

    if (!codec(&in, "translog", &version) || version != 3) {
        return false;
    }
    uuid_len = number(&in, 4, true);
    if (in.bad || uuid_len < 1 || uuid_len > 64 || uuid_len > len - in.at) {
        return false;
    }
    memcpy(out->uuid, bytes + in.at, uuid_len);
    out->uuid[uuid_len] = '\0';
    in.at += uuid_len;
    out->term = (int64_t)number(&in, 8, true);
    out->length = in.at + 4;
    return !in.bad && len >= out->length && number(&in, 4, true) == reference_crc32(bytes, out->length - 4) &&
           out->term >= 0;
}

bool reference_checkpoint(struct reference_checkpoint *out, const uint8_t *bytes, size_t len)
{
    struct in in = {bytes, len, 0, false};
    uint32_t version;
    bool big;

    if (!codec(&in, "ckp", &version) || (version != 3 && version != 4) || len != 88) {
        return false;
    }
    big = version == 3;
    out->offset = number(&in, 8, big);
    out->ops = (uint32_t)number(&in, 4, big);
    out->generation = number(&in, 8, big);
    out->min_seq_no = (int64_t)number(&in, 8, big);
    out->max_seq_no = (int64_t)number(&in, 8, big);
    out->global_checkpoint = (int64_t)number(&in, 8, big);
    out->min_generation = number(&in, 8, big);
    out->trimmed_above = (int64_t)number(&in, 8, big);
    if (number(&in, 4, true) != 0xC02893E8 || number(&in, 4, true) != 0 ||
        number(&in, 8, true) != reference_crc32(bytes, 80)) {
        return false;
    }
    if (out->generation < 1 || out->generation > INT64_MAX || out->min_generation > out->generation ||
        out->offset > UINT64_C(1) << 40 || out->ops > INT32_MAX || out->trimmed_above < -2) {
        return false;
    }
    if (out->min_seq_no == -1 && out->max_seq_no == -1) {
        return out->ops == 0;
    }
    return out->ops > 0 && out->min_seq_no >= 0 && out->min_seq_no <= out->max_seq_no;
}

static size_t lz4_length(struct in *in, size_t nibble)
{
    size_t len = nibble;

    if (nibble == 15) {
        uint64_t byte;

        do {
            byte = number(in, 1, true);
            len += byte;
        } while (byte == 255 && !in->bad);
    }
    return len;
}

bool reference_lz4(const uint8_t *bytes, size_t in_len, const uint8_t *prefix, size_t prefix_len, uint8_t *out,
                   size_t cap, size_t *len, bool *odd)
{
    struct in in = {bytes, in_len, 0, false};

    *len = 0;
    *odd = false;
    for (;;) {
        uint64_t token = number(&in, 1, true);
        size_t literals = lz4_length(&in, token >> 4);
        size_t offset, match;

        if (in.bad || literals > in_len - in.at || literals > cap - *len) {
            return false;
        }
        memcpy(out + *len, bytes + in.at, literals);
        *len += literals;
        in.at += literals;
        if (in.at == in_len) {
            return true; /* the last sequence has literals only */
        }
        offset = number(&in, 2, false);
        match = 4 + lz4_length(&in, token & 15);
        *odd = !in.bad && offset == 0;
        if (in.bad || offset == 0 || offset > *len + prefix_len || match > cap - *len) {
            return false;
        }
        for (; match > 0; match--, (*len)++) {
            out[*len] = offset <= *len ? out[*len - offset] : prefix[prefix_len + *len - offset];
        }
    }
}

static uint64_t varint(struct in *in)
{
    uint64_t v = 0;

    for (int i = 0; i < 10; i++) {
        uint64_t byte = number(in, 1, true);

        v |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            return v;
        }
    }
    in->bad = true;
    return 0;
}

bool reference_message(uint64_t fields[16], unsigned *unknown, const char *types, const uint8_t *bytes, size_t len)
{
    struct in in = {bytes, len, 0, false};
    size_t known = strlen(types);

    memset(fields, 0, 16 * sizeof fields[0]);
    *unknown = 0;
    while (in.at < len && !in.bad) {
        size_t start = in.at;
        uint64_t tag = varint(&in);
        uint64_t value = 0;

        if (in.at - start > 5) {
            return false;
        }
        switch (tag & 7) {
        case 0:
            value = varint(&in);
            break;
        case 1:
            value = number(&in, 8, false);
            break;
        case 2:
            skip(&in, varint(&in));
            break;
        case 5:
            value = number(&in, 4, false);
            break;
        default:
            return false;
        }
        if (tag >> 3 == 0 || tag >> 3 > known) {
            (*unknown)++;
        } else if ((tag & 7) != (uint64_t)(types[(tag >> 3) - 1] - '0')) {
            return false;
        } else {
            fields[tag >> 3] = value;
        }
    }
    return !in.bad;
}
