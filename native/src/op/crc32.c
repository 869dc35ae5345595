/* CRC-32 through libdeflate, which uses the carry-less multiplication of the processor it finds itself on. */
#include "ccr/op.h"

#include <libdeflate.h>

uint32_t ccr_crc32(uint32_t crc, const void *data, size_t len)
{
    /* libdeflate takes a null pointer as "give me the start value" and would forget crc. */
    return len == 0 ? crc : libdeflate_crc32(crc, data, len);
}
