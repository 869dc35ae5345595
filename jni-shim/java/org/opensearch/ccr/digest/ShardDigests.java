package org.opensearch.ccr.digest;

import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.opensearch.ccr.core.NativeCore;
import org.opensearch.ccr.core.NativeMethod;
import org.opensearch.ccr.core.NativeSession;
import org.opensearch.ccr.core.PlainOperations;
import org.opensearch.ccr.proto.CoreProto.DigestOpen;
import org.opensearch.ccr.proto.CoreProto.DigestSums;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.lucene.Lucene;
import org.opensearch.common.lucene.search.Queries;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.fieldvisitor.FieldsVisitor;
import org.opensearch.index.mapper.IdFieldMapper;
import org.opensearch.index.mapper.SeqNoFieldMapper;
import org.opensearch.index.mapper.Uid;
import org.opensearch.index.mapper.VersionFieldMapper;
import org.opensearch.index.shard.IndexShard;
import org.opensearch.index.translog.Translog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Answers a {@link DigestQuestion} from a shard's Lucene index. Documents are read in the order of their sequence numbers, one
 * at a time, and go to the native core in pieces of a megabyte; what is held for a range is eight bytes for each document.
 */
public final class ShardDigests implements AutoCloseable {

    private static final int PIECE_BYTES = 1 << 20;
    /** Of no meaning for the content, and not the same on both sides. */
    private static final long ANY_TERM = 1;
    private static final long NO_TIMESTAMP = -1;
    private static final byte[] NO_SOURCE = new byte[0];
    private static final int DOC_BITS = 32;
    /** Operations after the moment in question that are looked through for the documents they replaced. */
    private static final int CHANGED_MAX = 20_000;

    private final DigestQuestion question;
    private final NativeSession session;
    private final DirectoryReader visible;
    /** The visible documents, and with them, when the question is about the past, those that others have replaced. */
    private final DirectoryReader reader;
    private final List<LeafReaderContext> leaves;
    private final long asOf;
    private final Leaf[] open;
    private final BytesStreamOutput piece = new BytesStreamOutput();
    private final List<DigestAnswer.Entry> entries = new ArrayList<>();
    private long bytes;

    /** @param asOf -1 for the visible documents alone */
    private ShardDigests(DigestQuestion question, NativeSession session, DirectoryReader visible, long asOf) throws IOException {
        this.question = question;
        this.session = session;
        this.visible = visible;
        this.asOf = asOf;
        this.reader = asOf < 0 ? visible : Lucene.wrapAllDocsLive(visible);
        this.leaves = reader.leaves();
        this.open = new Leaf[leaves.size()];
    }

    /**
     * Reads the shard as it is now, refreshing it when it does not show yet what the question is about.
     *
     * @throws IllegalArgumentException for a question that cannot be answered
     */
    public static DigestAnswer answer(IndexShard shard, DigestQuestion question, NativeCore core) throws IOException {
        String refusal = question.refusal();
        if (refusal != null) {
            throw new IllegalArgumentException(refusal);
        }
        // What is visible first, then the searcher, then what may be in it at most: each the safe side of the other.
        long checkpoint = show(shard, question.knownSeqNo() < 0 ? question.lastSeqNo() : question.knownSeqNo());
        try (
            Engine.SearcherSupplier supplier = shard.acquireSearcherSupplier(Engine.SearcherScope.INTERNAL);
            Engine.Searcher searcher = supplier.acquireSearcher("ccr_verify")
        ) {
            long max = Math.max(checkpoint, shard.seqNoStats().getMaxSeqNo());
            DirectoryReader reader = searcher.getDirectoryReader();
            String history = shard.getHistoryUUID();
            DigestSums none = DigestSums.getDefaultInstance();
            if (question.ids().isEmpty() == false) {
                return new DigestAnswer(history, checkpoint, max, -1, none, List.of(), newest(reader, question.ids()));
            }
            long last = question.knownSeqNo() < 0 ? Math.min(question.lastSeqNo(), checkpoint) : question.lastSeqNo();
            if (last < question.firstSeqNo()) {
                return new DigestAnswer(history, checkpoint, max, question.firstSeqNo() - 1, none, List.of(), new long[0]);
            }
            long past = Math.min(question.asOf(), checkpoint);
            try (ShardDigests digests = new ShardDigests(question, core.openDigest(open(question)), reader, past < max ? past : -1)) {
                last = digests.read(digests.find(last), last);
                return new DigestAnswer(history, checkpoint, max, last, digests.sums(last), digests.entries, new long[0]);
            }
        }
    }

    /** Makes operations up to here visible when they are there; answers up to where all are. */
    private static long show(IndexShard shard, long wanted) {
        long visible = shard.getLastRefreshedCheckpoint();
        if (visible >= wanted) {
            return visible;
        }
        long processed = shard.getLocalCheckpoint();
        shard.refresh("ccr_verify");
        return Math.max(processed, shard.getLastRefreshedCheckpoint());
    }

    private static DigestOpen open(DigestQuestion question) {
        return DigestOpen.newBuilder()
            .setKeyLow(question.keyLow())
            .setKeyHigh(question.keyHigh())
            .setFirstSeqNo(question.firstSeqNo())
            .setWidth(question.width())
            .setBuckets((int) ((question.lastSeqNo() - question.firstSeqNo()) / question.width()) + 1)
            .build();
    }

    /** The documents of the range, ascending by sequence number. */
    private long[] find(long last) throws IOException {
        Found found = new Found(question.firstSeqNo());
        each(question.firstSeqNo(), last, (leaf, doc, seqNo) -> {
            if (isVisible(leaf, doc)) {
                found.add(seqNo, leaf.docBase + doc);
            }
            return true;
        });
        if (asOf >= 0) {
            addReplaced(found, last);
        }
        return found.sorted();
    }

    private interface Visitor {
        /** False ends the search. */
        boolean visit(LeafReaderContext leaf, int doc, long seqNo) throws IOException;
    }

    /** Every operation of a range that the reader has, in the order of the segments. */
    private void each(long first, long last, Visitor visitor) throws IOException {
        IndexSearcher searcher = new IndexSearcher(reader);
        searcher.setQueryCache(null);
        Query range = new BooleanQuery.Builder().add(
            LongPoint.newRangeQuery(SeqNoFieldMapper.NAME, first, last),
            BooleanClause.Occur.FILTER
        ).add(Queries.newNonNestedFilter(), BooleanClause.Occur.FILTER).build();
        Weight weight = searcher.createWeight(searcher.rewrite(range), ScoreMode.COMPLETE_NO_SCORES, 1f);
        for (LeafReaderContext leaf : leaves) {
            Scorer scorer = weight.scorer(leaf);
            NumericDocValues seqNos = scorer == null ? null : leaf.reader().getNumericDocValues(SeqNoFieldMapper.NAME);
            if (seqNos == null) {
                continue;
            }
            Bits kept = leaf.reader().getLiveDocs();
            DocIdSetIterator docs = scorer.iterator();
            for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
                boolean there = (kept == null || kept.get(doc)) && seqNos.advanceExact(doc);
                if (there && visitor.visit(leaf, doc, seqNos.longValue()) == false) {
                    return;
                }
            }
        }
    }

    private boolean isVisible(LeafReaderContext leaf, int doc) throws IOException {
        Bits live = visible.leaves().get(leaf.ord).reader().getLiveDocs();
        return live == null || live.get(doc);
    }

    /**
     * Adds documents that operations above {@link #asOf} have replaced since. They are found by those operations; when there
     * are too many of them, none are added, and the ranges that differ for it are looked at closely.
     */
    private void addReplaced(Found found, long last) throws IOException {
        Set<String> changed = new HashSet<>();
        int[] operations = new int[1];
        each(asOf + 1, Long.MAX_VALUE, (leaf, doc, seqNo) -> {
            FieldsVisitor fields = new FieldsVisitor(false);
            leaf.reader().storedFields().document(doc, fields);
            if (fields.id() != null) { // a no-op has none
                changed.add(fields.id());
            }
            return ++operations[0] <= CHANGED_MAX;
        });
        if (operations[0] > CHANGED_MAX) {
            return;
        }
        for (String id : changed) {
            long[] before = { -1, -1 }; // newest operation up to there: sequence number, document
            operations(reader, id, (leaf, doc, seqNo) -> {
                if (seqNo <= asOf && seqNo > before[0]) {
                    before[0] = seqNo;
                    before[1] = isVisible(leaf, doc) || isTombstone(leaf, doc) ? -1 : leaf.docBase + doc;
                }
                return true;
            });
            if (before[1] >= 0 && before[0] >= question.firstSeqNo() && before[0] <= last) {
                found.add(before[0], (int) before[1]);
            }
        }
    }

    private static boolean isTombstone(LeafReaderContext leaf, int doc) throws IOException {
        NumericDocValues tombstones = leaf.reader().getNumericDocValues(SeqNoFieldMapper.TOMBSTONE_NAME);
        return tombstones != null && tombstones.advanceExact(doc);
    }

    /** Documents to read, eight bytes each: the distance from the first sequence number, and the document's number. */
    private static final class Found {
        private final long first;
        private long[] documents = new long[1024];
        private int count;

        Found(long first) {
            this.first = first;
        }

        void add(long seqNo, int doc) {
            documents = count < documents.length ? documents : Arrays.copyOf(documents, count * 2);
            documents[count++] = seqNo - first << DOC_BITS | doc;
        }

        long[] sorted() {
            long[] sorted = Arrays.copyOf(documents, count);
            Arrays.sort(sorted);
            return sorted;
        }
    }

    /** Reads documents until there are none or enough; answers up to where the digests are complete. */
    private long read(long[] found, long last) throws IOException {
        for (int i = 0; i < found.length; i++) {
            long distance = found[i] >>> DOC_BITS;
            add(question.firstSeqNo() + distance, (int) found[i]);
            boolean next = i + 1 < found.length && found[i + 1] >>> DOC_BITS > distance;
            if (next && bytes >= question.bytesMax()) {
                return question.firstSeqNo() + distance;
            }
        }
        return last;
    }

    private void add(long seqNo, int doc) throws IOException {
        int number = ReaderUtil.subIndex(doc, leaves);
        if (open[number] == null) {
            open[number] = new Leaf(leaves.get(number));
        }
        FieldsVisitor fields = new FieldsVisitor(true);
        long version = open[number].read(doc, fields);
        byte[] source = fields.source() == null ? NO_SOURCE : BytesReference.toBytes(fields.source());
        long start = piece.position();
        Translog.Index document = new Translog.Index(fields.id(), seqNo, ANY_TERM, version, source, fields.routing(), NO_TIMESTAMP);
        long end = PlainOperations.append(piece, document);
        bytes += end - start;
        if (question.width() == 1) {
            entries.add(new DigestAnswer.Entry(seqNo, fields.id(), version, fields.routing()));
        }
        if (end >= PIECE_BYTES) {
            give();
        }
    }

    private void give() {
        if (piece.position() > 0) {
            session.call(NativeMethod.DIGEST_ADD, null, piece.bytes(), null);
            piece.reset();
        }
    }

    /** Those of the range that the answer covers. */
    private DigestSums sums(long last) {
        give();
        DigestSums all = session.call(NativeMethod.DIGEST_SUMS, null, null, DigestSums.parser()).envelope();
        int covered = (int) ((last - question.firstSeqNo()) / question.width()) + 1;
        return DigestSums.newBuilder()
            .addAllLow(all.getLowList().subList(0, covered))
            .addAllHigh(all.getHighList().subList(0, covered))
            .addAllDocuments(all.getDocumentsList().subList(0, covered))
            .setBytes(all.getBytes())
            .build();
    }

    @Override
    public void close() {
        session.close();
        piece.close();
    }

    /** Where documents of one segment are read; mostly forward. */
    private static final class Leaf {
        private final LeafReader reader;
        private final int base;
        private final StoredFields stored;
        private NumericDocValues versions;

        Leaf(LeafReaderContext context) throws IOException {
            reader = context.reader();
            base = context.docBase;
            stored = reader.storedFields();
            versions = reader.getNumericDocValues(VersionFieldMapper.NAME);
        }

        /** Answers the version. */
        long read(int globalDoc, FieldsVisitor fields) throws IOException {
            int doc = globalDoc - base;
            stored.document(doc, fields);
            if (versions != null && versions.docID() > doc) {
                versions = reader.getNumericDocValues(VersionFieldMapper.NAME);
            }
            return versions != null && versions.advanceExact(doc) ? versions.longValue() : -1;
        }
    }

    /** Also operations that others have replaced since, and deletions, as long as Lucene keeps them. */
    private static long[] newest(DirectoryReader reader, List<String> ids) throws IOException {
        DirectoryReader history = Lucene.wrapAllDocsLive(reader);
        long[] newest = new long[ids.size()];
        Arrays.fill(newest, -1);
        for (int i = 0; i < newest.length; i++) {
            int at = i;
            operations(history, ids.get(i), (leaf, doc, seqNo) -> {
                newest[at] = Math.max(newest[at], seqNo);
                return true;
            });
        }
        return newest;
    }

    /** Every operation on a document that the reader has, in no order. */
    private static void operations(DirectoryReader reader, String id, Visitor visitor) throws IOException {
        Term term = new Term(IdFieldMapper.NAME, Uid.encodeId(id));
        for (LeafReaderContext leaf : reader.leaves()) {
            PostingsEnum docs = leaf.reader().postings(term, PostingsEnum.NONE);
            NumericDocValues seqNos = docs == null ? null : leaf.reader().getNumericDocValues(SeqNoFieldMapper.NAME);
            NumericDocValues terms = docs == null ? null : leaf.reader().getNumericDocValues(SeqNoFieldMapper.PRIMARY_TERM_NAME);
            while (seqNos != null && terms != null && docs.nextDoc() != DocIdSetIterator.NO_MORE_DOCS) {
                int doc = docs.docID();
                // A nested document has the id and the sequence number of its parent, but no term.
                boolean root = terms.advanceExact(doc) && seqNos.advanceExact(doc);
                if (root && visitor.visit(leaf, doc, seqNos.longValue()) == false) {
                    return;
                }
            }
        }
    }
}
