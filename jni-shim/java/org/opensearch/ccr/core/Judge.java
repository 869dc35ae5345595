package org.opensearch.ccr.core;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import org.opensearch.ccr.proto.CoreProto;

/**
 * The core's rules that belong to no session of their own ({@code ccr/judge.h}): the caller brings the facts, the core decides. Each
 * answer takes microseconds and waits for nothing but another caller's. Thread-safe.
 */
public final class Judge {
    private final NativeCore core;
    private NativeSession session;

    Judge(NativeCore core) {
        this.core = core;
    }

    /** What is to be done about the retention lease of a paused shard. */
    public CoreProto.PauseVerdict pause(CoreProto.PauseFacts facts) {
        return call(NativeMethod.JUDGE_PAUSE, facts, CoreProto.PauseJudgement.parser()).getVerdict();
    }

    /** Whether a disk may take more, and for how long that answer is good. */
    public CoreProto.DiskJudgement disk(CoreProto.DiskFacts facts) {
        return call(NativeMethod.JUDGE_DISK, facts, CoreProto.DiskJudgement.parser());
    }

    private synchronized <T extends MessageLite> T call(NativeMethod method, MessageLite facts, Parser<T> parser) {
        if (session == null) {
            session = core.openJudge();
        }
        return session.call(method, facts, null, parser).envelope();
    }
}
