package org.opensearch.ccr.action;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ValidateActions;
import org.opensearch.ccr.common.FollowerRequest;
import org.opensearch.ccr.verify.VerifyTask;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.common.unit.ByteSizeUnit;
import org.opensearch.core.common.unit.ByteSizeValue;
import org.opensearch.core.tasks.TaskId;
import org.opensearch.tasks.Task;

import java.io.IOException;
import java.util.Map;

/** {@code _verify} of one follower index. Fields that are null leave it to the settings. */
public final class VerifyRequest extends FollowerRequest<VerifyRequest> {

    private static final int DIFFERENCES_DEFAULT = 100;
    private static final int DIFFERENCES_MAX = 10_000;
    private static final long BYTES_PER_SECOND_MIN = ByteSizeUnit.KB.toBytes(64);

    private String resume;
    private int maxDifferences = DIFFERENCES_DEFAULT;
    private ByteSizeValue bytesPerSecond;
    private TimeValue maxTime;
    private boolean storeResult;

    public VerifyRequest(String follower) {
        super(follower);
    }

    public VerifyRequest(StreamInput in) throws IOException {
        super(in);
        resume = in.readOptionalString();
        maxDifferences = in.readVInt();
        bytesPerSecond = in.readOptionalWriteable(ByteSizeValue::new);
        maxTime = in.readOptionalTimeValue();
        storeResult = in.readBoolean();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeOptionalString(resume);
        out.writeVInt(maxDifferences);
        out.writeOptionalWriteable(bytesPerSecond);
        out.writeOptionalTimeValue(maxTime);
        out.writeBoolean(storeResult);
    }

    @Override
    public ActionRequestValidationException validate() {
        ActionRequestValidationException errors = null;
        if (maxDifferences < 1 || maxDifferences > DIFFERENCES_MAX) {
            errors = ValidateActions.addValidationError(
                "[max_differences] is [" + maxDifferences + "], give 1 to " + DIFFERENCES_MAX,
                errors
            );
        }
        if (bytesPerSecond != null && bytesPerSecond.getBytes() < BYTES_PER_SECOND_MIN) {
            errors = ValidateActions.addValidationError(
                "[max_bytes_per_sec] is [" + bytesPerSecond + "], give at least [64kb]",
                errors
            );
        }
        if (maxTime != null && maxTime.millis() <= 0) {
            errors = ValidateActions.addValidationError("[max_time] is [" + maxTime + "], give more than [0ms]", errors);
        }
        return errors;
    }

    @Override
    public Task createTask(long id, String type, String action, TaskId parentTaskId, Map<String, String> headers) {
        return new VerifyTask(id, type, action, getDescription(), parentTaskId, headers);
    }

    @Override
    public String getDescription() {
        return "compare [" + follower() + "] with its leader";
    }

    @Override
    public boolean getShouldStoreResult() {
        return storeResult;
    }

    /** What an earlier comparison answered; null begins at the beginning. */
    public String resume() {
        return resume;
    }

    public VerifyRequest resume(String token) {
        resume = token;
        return this;
    }

    public int maxDifferences() {
        return maxDifferences;
    }

    public VerifyRequest maxDifferences(int most) {
        maxDifferences = most;
        return this;
    }

    public ByteSizeValue bytesPerSecond() {
        return bytesPerSecond;
    }

    public VerifyRequest bytesPerSecond(ByteSizeValue rate) {
        bytesPerSecond = rate;
        return this;
    }

    public TimeValue maxTime() {
        return maxTime;
    }

    public VerifyRequest maxTime(TimeValue time) {
        maxTime = time;
        return this;
    }

    public VerifyRequest storeResult(boolean store) {
        storeResult = store;
        return this;
    }
}
