/* SipHash-2-4 with 128 bits of output, after the paper and reference vectors of Aumasson and Bernstein. */
#include "ccr/digest.h"

struct sip {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void mix(struct sip *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->a += s->b;
        s->b = rotate(s->b, 13) ^ s->a;
        s->a = rotate(s->a, 32);
        s->c += s->d;
        s->d = rotate(s->d, 16) ^ s->c;
        s->a += s->d;
        s->d = rotate(s->d, 21) ^ s->a;
        s->c += s->b;
        s->b = rotate(s->b, 17) ^ s->c;
        s->c = rotate(s->c, 32);
    }
}

static inline void take(struct sip *s, uint64_t word)
{
    s->d ^= word;
    mix(s, 2);
    s->a ^= word;
}

void ccr_siphash128(uint64_t out[2], struct ccr_digest_key key, const void *data, size_t len)
{
    struct sip s = {
        .a = key.low ^ UINT64_C(0x736f6d6570736575),
        .b = key.high ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .c = key.low ^ UINT64_C(0x6c7967656e657261),
        .d = key.high ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *at = data;
    uint64_t last = (uint64_t)len << 56;
    size_t left = len;

    for (; left >= 8; left -= 8, at += 8) {
        take(&s, ccr_get_u64le(at));
    }
    for (size_t i = 0; i < left; i++) {
        last |= (uint64_t)at[i] << (8 * i);
    }
    take(&s, last);
    s.c ^= 0xee;
    mix(&s, 4);
    out[0] = s.a ^ s.b ^ s.c ^ s.d;
    s.b ^= 0xdd;
    mix(&s, 4);
    out[1] = s.a ^ s.b ^ s.c ^ s.d;
}
