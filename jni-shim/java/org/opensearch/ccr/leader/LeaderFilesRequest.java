package org.opensearch.ccr.leader;

import org.opensearch.action.ActionRequestValidationException;
import org.opensearch.action.ValidateActions;
import org.opensearch.action.support.single.shard.SingleShardRequest;
import org.opensearch.ccr.digest.DigestQuestion;
import org.opensearch.ccr.proto.WireProto;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.index.shard.ShardId;

import java.io.IOException;

/** One question to a leader's primary shard. Fields that a kind does not need are empty. */
public final class LeaderFilesRequest extends SingleShardRequest<LeaderFilesRequest> {

    /** What is asked. */
    public enum Kind {
        /** {@link LeaderShardInfo}. */
        PROBE,
        /** Holds a safe commit under the session's name and lists its files. */
        OPEN,
        /** A range of one file of the session, packed. */
        CHUNK,
        /** Lets the commit go. */
        RELEASE,
        /** Digests of documents, to compare them with a follower's. */
        DIGEST
    }

    /**
     * A range of a file.
     *
     * @param length bytes wanted; the leader may answer with fewer
     */
    public record Range(String file, long offset, int length, WireProto.Codec codec, int level) {}

    /** Longest name of a session, characters. */
    private static final int SESSION_MAX = 64;

    private final Kind kind;
    private final int shard;
    private final String indexUuid;
    private final String session;
    private final Range range;
    private final DigestQuestion digest;

    private LeaderFilesRequest(Kind kind, String index, String indexUuid, int shard, String session, Range range) {
        this(kind, index, indexUuid, shard, session, range, null);
    }

    private LeaderFilesRequest(
        Kind kind,
        String index,
        String indexUuid,
        int shard,
        String session,
        Range range,
        DigestQuestion digest
    ) {
        super(index);
        this.kind = kind;
        this.indexUuid = indexUuid;
        this.shard = shard;
        this.session = session;
        this.range = range;
        this.digest = digest;
    }

    /** By name: the answer tells the UUID. */
    public static LeaderFilesRequest probe(String index, int shard) {
        return new LeaderFilesRequest(Kind.PROBE, index, null, shard, "", null);
    }

    /** Asks for nothing of an index that is not there: only whether it would be allowed to. */
    public static LeaderFilesRequest permission(String index) {
        return new LeaderFilesRequest(Kind.PROBE, index, IndexMetadata.INDEX_UUID_NA_VALUE, 0, "", null);
    }

    public static LeaderFilesRequest open(ShardId shard, String session) {
        return new LeaderFilesRequest(Kind.OPEN, shard.getIndexName(), shard.getIndex().getUUID(), shard.id(), session, null);
    }

    public static LeaderFilesRequest chunk(ShardId shard, String session, Range range) {
        return new LeaderFilesRequest(Kind.CHUNK, shard.getIndexName(), shard.getIndex().getUUID(), shard.id(), session, range);
    }

    public static LeaderFilesRequest release(ShardId shard, String session) {
        return new LeaderFilesRequest(Kind.RELEASE, shard.getIndexName(), shard.getIndex().getUUID(), shard.id(), session, null);
    }

    /** Any shard may be asked, a follower's as well. */
    public static LeaderFilesRequest digest(ShardId shard, DigestQuestion question) {
        String uuid = shard.getIndex().getUUID();
        return new LeaderFilesRequest(Kind.DIGEST, shard.getIndexName(), uuid, shard.id(), "", null, question);
    }

    public LeaderFilesRequest(StreamInput in) throws IOException {
        super(in);
        kind = in.readEnum(Kind.class);
        shard = in.readVInt();
        indexUuid = in.readOptionalString();
        session = in.readString();
        if (kind == Kind.CHUNK) {
            String file = in.readString();
            long offset = in.readVLong();
            int length = in.readVInt();
            WireProto.Codec codec = WireProto.Codec.forNumber(in.readVInt());
            range = new Range(file, offset, length, codec == null ? WireProto.Codec.CODEC_NONE : codec, in.readInt());
        } else {
            range = null;
        }
        digest = kind == Kind.DIGEST ? new DigestQuestion(in) : null;
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        super.writeTo(out);
        out.writeEnum(kind);
        out.writeVInt(shard);
        out.writeOptionalString(indexUuid);
        out.writeString(session);
        if (kind == Kind.CHUNK) {
            out.writeString(range.file());
            out.writeVLong(range.offset());
            out.writeVInt(range.length());
            out.writeVInt(range.codec().getNumber());
            out.writeInt(range.level());
        }
        if (kind == Kind.DIGEST) {
            digest.writeTo(out);
        }
    }

    public Kind kind() {
        return kind;
    }

    public int shard() {
        return shard;
    }

    /** UUID of the leader index that is meant; null for whichever has the name. */
    public String indexUuid() {
        return indexUuid;
    }

    public String session() {
        return session;
    }

    /** Null but for {@link Kind#CHUNK}. */
    public Range range() {
        return range;
    }

    /** Null but for {@link Kind#DIGEST}. */
    public DigestQuestion digest() {
        return digest;
    }

    @Override
    public ActionRequestValidationException validate() {
        ActionRequestValidationException invalid = validateNonNullIndex();
        if (kind != Kind.PROBE && kind != Kind.DIGEST && session.isEmpty()) {
            invalid = ValidateActions.addValidationError("the session's name is missing", invalid);
        }
        if (session.length() > SESSION_MAX) {
            invalid = ValidateActions.addValidationError("the session's name has more than [" + SESSION_MAX + "] characters", invalid);
        }
        if (kind == Kind.CHUNK && (range.offset() < 0 || range.length() <= 0)) {
            invalid = ValidateActions.addValidationError("a range of a file must not be empty or begin before it", invalid);
        }
        return invalid;
    }

    @Override
    public String toString() {
        return kind + " [" + index() + "][" + shard + "]" + (range == null ? "" : " " + range.file() + "@" + range.offset());
    }
}
