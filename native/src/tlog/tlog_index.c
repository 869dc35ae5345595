/*
 * Which block of a generation holds which sequence numbers. Bounded: when all blocks are in use, neighbours are merged
 * and new blocks get twice as long, so a file of any size costs 3 KB.
 */
#include "tlog/tlog_private.h"

void ccri_tlog_index_init(struct ccri_tlog_index *x)
{
    x->count = 0;
    x->block_bytes = CCRI_INDEX_BLOCK_BYTES;
}

static void merge_neighbours(struct ccri_tlog_index *x)
{
    for (uint32_t i = 0; i < x->count / 2; i++) {
        struct ccri_tlog_block a = x->blocks[2 * i];
        struct ccri_tlog_block b = x->blocks[2 * i + 1];
        x->blocks[i] = (struct ccri_tlog_block){
            .offset = a.offset,
            .min_seq_no = a.min_seq_no < b.min_seq_no ? a.min_seq_no : b.min_seq_no,
            .max_seq_no = a.max_seq_no > b.max_seq_no ? a.max_seq_no : b.max_seq_no,
        };
    }
    x->count /= 2;
    x->block_bytes *= 2;
}

void ccri_tlog_index_add(struct ccri_tlog_index *x, uint64_t offset, int64_t seq_no)
{
    if (x->count == 0 || offset - x->blocks[x->count - 1].offset >= x->block_bytes) {
        if (x->count == CCRI_INDEX_BLOCKS) {
            merge_neighbours(x);
        }
        x->blocks[x->count++] = (struct ccri_tlog_block){offset, seq_no, seq_no};
        return;
    }
    struct ccri_tlog_block *last = &x->blocks[x->count - 1];
    if (seq_no < last->min_seq_no) {
        last->min_seq_no = seq_no;
    }
    if (seq_no > last->max_seq_no) {
        last->max_seq_no = seq_no;
    }
}
