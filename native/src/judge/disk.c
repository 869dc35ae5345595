/*
 * Whether a disk may take more operations.
 */
#include "ccr/judge.h"

bool ccr_disk_is_full(const struct ccr_disk *d)
{
    if (d->total_bytes == 0) {
        return false;
    }
    return d->free_bytes < d->free_bytes_min ||
           100.0 * (double)d->free_bytes / (double)d->total_bytes < d->free_percent_min;
}
