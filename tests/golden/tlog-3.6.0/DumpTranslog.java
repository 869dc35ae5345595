package org.opensearch.index.translog;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32;

import org.apache.lucene.util.BytesRef;
import org.opensearch.common.io.stream.BytesStreamOutput;

/**
 * Prints what OpenSearch's own classes read from a translog folder: seq_no, type, primary term, length and CRC-32 of the
 * operation written anew. Made expected.txt; see README.md.
 */
public final class DumpTranslog {
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Checkpoint current = Checkpoint.read(folder.resolve("translog.ckp"));
        List<TranslogSnapshot> snapshots = new ArrayList<>();
        for (long g = current.minTranslogGeneration; g <= current.generation; g++) {
            Path file = folder.resolve(Translog.getFilename(g));
            Checkpoint own = g == current.generation
                ? current
                : Checkpoint.read(folder.resolve(Translog.getCommitCheckpointFileName(g)));
            FileChannel header = FileChannel.open(file, StandardOpenOption.READ);
            String uuid = TranslogHeader.read(file, header).getTranslogUUID();
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            snapshots.add(TranslogReader.open(channel, file, own, uuid).newSnapshot());
        }
        TreeMap<Long, String> lines = new TreeMap<>();
        try (MultiSnapshot all = new MultiSnapshot(snapshots.toArray(new TranslogSnapshot[0]), () -> {}, false)) {
            for (Translog.Operation op = all.next(); op != null; op = all.next()) {
                BytesStreamOutput out = new BytesStreamOutput();
                Translog.Operation.writeOperation(out, op);
                BytesRef body = out.bytes().toBytesRef();
                CRC32 crc = new CRC32();
                crc.update(body.bytes, body.offset, body.length);
                lines.put(op.seqNo(), op.seqNo() + " " + op.opType().id() + " " + op.primaryTerm() + " " + body.length
                    + " " + Long.toHexString(crc.getValue()));
            }
        }
        Files.write(Path.of(args[1]), lines.values());
    }
}
