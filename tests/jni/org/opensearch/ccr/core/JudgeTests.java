package org.opensearch.ccr.core;

import org.junit.jupiter.api.Test;
import org.opensearch.ccr.proto.CoreProto.DiskFacts;
import org.opensearch.ccr.proto.CoreProto.DiskJudgement;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.ccr.proto.CoreProto.PauseFacts;
import org.opensearch.ccr.proto.CoreProto.PauseStage;
import org.opensearch.ccr.proto.CoreProto.PauseVerdict;

import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Every verdict of the core arrives as the one that it is; the rules themselves are tested in C. */
class JudgeTests {

    private static PauseVerdict judge(PauseFacts.Builder facts) {
        return Cores.core().judge().pause(facts.build());
    }

    private static PauseFacts.Builder refused(ErrorClass error) {
        return PauseFacts.newBuilder().setStage(PauseStage.PAUSE_REFUSED).setError(error);
    }

    @Test
    void everyVerdictArrives() {
        PauseFacts.Builder look = PauseFacts.newBuilder().setStage(PauseStage.PAUSE_LOOK).setPausedMsMax(10);
        assertEquals(PauseVerdict.VERDICT_MEASURE, judge(look.setPausedMs(10)));
        assertEquals(PauseVerdict.VERDICT_TOO_OLD, judge(look.setPausedMs(11)));
        assertEquals(PauseVerdict.VERDICT_NOTHING, judge(look.setCause(ErrorClass.ERROR_HISTORY_GONE)));
        PauseFacts.Builder measured = PauseFacts.newBuilder()
            .setStage(PauseStage.PAUSE_MEASURED)
            .setLeaderBytes(100)
            .setLeaderMaxSeqNo(9)
            .setKeptBytesMax(50);
        assertEquals(PauseVerdict.VERDICT_RENEW, judge(measured.setRetainingSeqNo(5)));
        assertEquals(PauseVerdict.VERDICT_TOO_MUCH, judge(measured.setRetainingSeqNo(4)));
        assertEquals(PauseVerdict.VERDICT_HISTORY_GONE, judge(refused(ErrorClass.ERROR_HISTORY_GONE)));
        assertEquals(PauseVerdict.VERDICT_LEADER_MISSING, judge(refused(ErrorClass.ERROR_LEADER_MISSING)));
        assertEquals(PauseVerdict.VERDICT_NOTHING, judge(refused(ErrorClass.ERROR_UNREACHABLE)));
    }

    @Test
    void manyThreadsMayAskAtOnce() {
        DiskFacts.Builder disk = DiskFacts.newBuilder().setTotalBytes(100).setFreePercentMin(5);
        assertTrue(IntStream.range(0, 4000).parallel().allMatch(i -> {
            DiskJudgement judgement = Cores.core().judge().disk(disk.clone().setFreeBytes(i % 10).build());
            return judgement.getFull() == (i % 10 < 5) && judgement.getGoodForMs() > 0;
        }));
        assertFalse(Cores.core().judge().disk(DiskFacts.getDefaultInstance()).getFull());
    }
}
