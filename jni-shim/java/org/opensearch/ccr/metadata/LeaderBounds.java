package org.opensearch.ccr.metadata;

import org.opensearch.ccr.common.ReplicationException;
import org.opensearch.ccr.proto.CoreProto.ErrorClass;
import org.opensearch.cluster.metadata.AliasMetadata;
import org.opensearch.cluster.metadata.IndexMetadata;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.compress.Compressor;
import org.opensearch.core.compress.CompressorRegistry;
import org.opensearch.core.rest.RestStatus;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/**
 * Holds what a leader says of its index against limits, on the node that has asked and before anybody unpacks it. OpenSearch
 * itself unpacks a mapping at any length, and the one who has packed it chooses when: two megabytes can become two gigabytes on
 * the cluster manager.
 */
public final class LeaderBounds {

    /** Of the mapping and the filters of all aliases together, unpacked. The default 1 000 fields take a hundredth of it. */
    static final int UNPACKED_MAX = 16 << 20;
    static final int ALIASES_MAX = 10_000;
    static final int SETTINGS_MAX = 10_000;
    private static final int CHUNK = 8 << 10;

    private LeaderBounds() {}

    /**
     * The same metadata when it keeps to the limits.
     *
     * @throws org.opensearch.OpenSearchException 400 of the class FATAL that names what is too much, or CORRUPT for what cannot be unpacked
     */
    public static IndexMetadata ensure(IndexMetadata leader) {
        String index = leader.getIndex().getName();
        atMost(index, "aliases", leader.getAliases().size(), ALIASES_MAX);
        atMost(index, "settings", leader.getSettings().size(), SETTINGS_MAX);
        byte[] chunk = new byte[CHUNK];
        int left = UNPACKED_MAX;
        if (leader.mapping() != null) {
            left -= unpacked(index, leader.mapping().source(), left, chunk);
        }
        for (AliasMetadata alias : leader.getAliases().values()) {
            if (alias.filter() != null) {
                left -= unpacked(index, alias.filter(), left, chunk);
            }
        }
        return leader;
    }

    private static void atMost(String index, String what, int has, int max) {
        if (has > max) {
            throw refusal(ErrorClass.ERROR_FATAL, index, "has " + has + " " + what + ", at most " + max + " are taken over", null);
        }
    }

    /** Its length; never holds more than a chunk of it. */
    private static int unpacked(String index, CompressedXContent packed, int max, byte[] chunk) {
        BytesReference bytes = packed.compressedReference();
        Compressor compressor = CompressorRegistry.compressor(bytes);
        CRC32 crc = new CRC32();
        int length = 0;
        try (InputStream in = compressor == null ? bytes.streamInput() : compressor.threadLocalInputStream(bytes.streamInput())) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                length += read;
                if (length > max) {
                    String text = "has a mapping and alias filters of more than " + UNPACKED_MAX + " bytes, which are not taken over";
                    throw refusal(ErrorClass.ERROR_FATAL, index, text, null);
                }
                crc.update(chunk, 0, read);
            }
        } catch (IOException e) {
            throw refusal(ErrorClass.ERROR_CORRUPT, index, "has a mapping or alias filter that cannot be unpacked", e);
        }
        if (compressor == null || (int) crc.getValue() != packed.hashCode()) {
            throw refusal(ErrorClass.ERROR_CORRUPT, index, "has a mapping or alias filter that is not what its checksum says", null);
        }
        return length;
    }

    private static RuntimeException refusal(ErrorClass cls, String index, String text, Exception cause) {
        return ReplicationException.of(cls, RestStatus.BAD_REQUEST, "The leader index [" + index + "] " + text, cause);
    }
}
