/*
 * Between protobuf messages and the core's own structs. A message comes from Java or, inside a read request, from the
 * other cluster: every field is checked on its way in.
 */
#ifndef CCRI_MESSAGES_H
#define CCRI_MESSAGES_H

#include "ccr/follower.h"
#include "ccr/leader.h"
#include "ccr_core.pb-c.h"
#include "ccr_wire.pb-c.h"

/* The most bytes BatchSummary takes: 7 fields of a tag and at most 10 bytes. */
#define CCRI_SUMMARY_MAX 80u

struct ccr_status ccri_request_of(struct ccr_read_request *r, const Ccr__V1__ReadRequest *m,
                                  struct ccr_err *err) CCR_MUST_USE;
struct ccr_status ccri_config_of(struct ccr_follower_config *c, const Ccr__V1__FollowerConfig *m,
                                 struct ccr_err *err) CCR_MUST_USE;

/* m borrows from r. */
void ccri_request_message(Ccr__V1__ReadRequest *m, struct ccr_read_request *r);
void ccri_summary_message(Ccr__V1__BatchSummary *m, const struct ccr_wire_header *h);

#endif
