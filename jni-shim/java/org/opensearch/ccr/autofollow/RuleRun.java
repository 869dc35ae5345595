package org.opensearch.ccr.autofollow;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.ccr.index.Reasons;
import org.opensearch.ccr.leader.Listing;
import org.opensearch.ccr.settings.AutofollowSettings;
import org.opensearch.ccr.settings.CcrSettings;
import org.opensearch.ccr.state.Rule;
import org.opensearch.cluster.ClusterState;
import org.opensearch.cluster.block.ClusterBlockLevel;
import org.opensearch.core.action.ActionListener;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * The work of one rule: lists the leader's indices, waits there for a change, starts what is to be followed, a few at a time,
 * and remembers what failed. Called by one thread at a time; answers come back through the queue that it was given. Nothing of
 * it has to survive: a new one finds out all it needs.
 */
final class RuleRun {

    private static final Logger logger = LogManager.getLogger(RuleRun.class);
    private static final long NEVER = Long.MAX_VALUE;

    private final String alias;
    private final String name;
    private final AutoFollowServices services;
    private final Consumer<Runnable> answers;
    private final LongConsumer wakeIn;
    private final FollowerStarts starts;
    private final IndexFailures failures;

    /** Of the rule that everything below is about. */
    private long version;
    /** Grows with the version: answers to requests of an earlier one are not looked at. */
    private int generation;
    private Listing listing;
    /** Wall clock at which the listing was asked for. */
    private long listedMillis;
    private boolean pruneDue;
    /** Of the listing that the leader need not repeat; 0 lists anew. */
    private long token;
    private boolean asking;
    private long askAt;
    private Failure leaderError;
    private long leaderErrors;
    private long lastRunMillis;
    private int followed;
    private int waiting;
    private String hold = "";
    private long timerAt = NEVER;

    RuleRun(String alias, String name, AutoFollowServices services, Consumer<Runnable> answers, LongConsumer wakeIn) {
        this.alias = alias;
        this.name = name;
        this.services = services;
        this.answers = answers;
        this.wakeIn = wakeIn;
        this.failures = new IndexFailures(services.times());
        this.starts = new FollowerStarts(services, answers, failures);
    }

    void step(ClusterState state, Rule rule) {
        long now = services.now();
        if (now >= timerAt) {
            timerAt = NEVER;
        }
        if (rule.version() != version) {
            begin(rule, now);
        }
        ask(rule, now);
        long next = askAt > now && asking == false ? askAt : NEVER;
        if (listing != null) {
            prune(rule);
            next = Math.min(next, compare(rule, state, now));
        }
        if (next < timerAt) {
            timerAt = next;
            wakeIn.accept(Math.max(0, next - now) + 1); // not before that millisecond is over
        }
    }

    RuleProgress progress() {
        return new RuleProgress(
            alias,
            name,
            starts.successes(),
            leaderErrors,
            lastRunMillis,
            followed,
            waiting,
            hold,
            leaderError,
            failures.all()
        );
    }

    /** What was held against an index under the rule's former words counts no longer. */
    private void begin(Rule rule, long now) {
        version = rule.version();
        generation++;
        listing = null;
        token = 0;
        asking = false;
        askAt = now;
        leaderError = null;
        failures.clear();
    }

    private void ask(Rule rule, long now) {
        if (asking || now < askAt) {
            return;
        }
        asking = true;
        logger.debug("[{}] asks [{}] for its indices, known [{}]", name, alias, token);
        int asked = generation;
        long askedMillis = System.currentTimeMillis();
        ActionListener<Listing> answered = ActionListener.wrap(
            answer -> answers.accept(() -> listed(asked, askedMillis, answer)),
            e -> answers.accept(() -> notListed(asked, askedMillis, e))
        );
        if (token == 0) {
            services.leader().list(alias, rule.roles(), rule.patterns(), answered);
        } else {
            services.leader().watch(
                alias,
                rule.roles(),
                rule.patterns(),
                token,
                services.cluster().getClusterSettings().get(AutofollowSettings.FETCH_INTERVAL),
                answered
            );
        }
    }

    private void listed(int asked, long askedMillis, Listing answer) {
        if (asked != generation) {
            return;
        }
        logger.debug("[{}] [{}] has answered [{}] indices, token [{}]", name, alias, answer.indices().size(), answer.token());
        asking = false;
        askAt = services.now();
        leaderError = null;
        token = answer.token();
        if (answer.listed()) {
            listing = answer;
            listedMillis = askedMillis;
            pruneDue = true;
        }
    }

    private void notListed(int asked, long askedMillis, Exception e) {
        if (asked != generation) {
            return;
        }
        leaderErrors++;
        int attempts = leaderError == null ? 1 : leaderError.attempts() + 1;
        long pause = services.times().leader(attempts);
        long wall = System.currentTimeMillis();
        String reason = Reasons.of(e);
        logger.debug("[{}] [{}] has not answered, asked again in [{}] ms: {}", name, alias, pause, reason);
        if (attempts == 1) {
            logger.warn("[{}] auto-follow cannot see the indices of [{}], trying again until it can: {}", name, alias, reason);
        }
        leaderError = new Failure("", "", reason, attempts, attempts == 1 ? askedMillis : leaderError.sinceMillis(), wall, wall + pause);
        asking = false;
        token = 0;
        askAt = services.now() + pause;
    }

    /**
     * A tombstone whose leader index is gone keeps nothing from coming back. Of an index that the rule's patterns do not match,
     * the listing says nothing: its tombstone stays, because they may match it again one day.
     */
    private void prune(Rule rule) {
        if (pruneDue == false) {
            return;
        }
        pruneDue = false;
        if (rule.tombstones().isEmpty() || listing.reduced()) {
            return;
        }
        Map<String, String> uuids = new HashMap<>();
        listing.indices().forEach(index -> uuids.put(index.name(), index.uuid()));
        List<String> gone = new ArrayList<>();
        rule.tombstones().forEach((follower, tombstone) -> {
            String leader = tombstone.leader();
            boolean told = leader.isEmpty() == false && rule.matches(leader) && tombstone.sinceMillis() < listedMillis;
            if (told && (uuids.containsKey(leader) == false || tombstone.covers(uuids.get(leader)) == false)) {
                gone.add(follower);
            }
        });
        if (gone.isEmpty() == false) {
            services.clients().plugin().execute(
                ChangeRuleAction.INSTANCE,
                ChangeRuleAction.Request.forget(alias, name, gone),
                ActionListener.wrap(forgotten -> {}, e -> logger.debug("[{}] tombstones stay for now: {}", name, Reasons.of(e)))
            );
        }
    }

    /** Looks at every index of the listing. Answers when to look again by itself, on the clock of {@link AutoFollowServices#now}. */
    private long compare(Rule rule, ClusterState state, long now) {
        lastRunMillis = System.currentTimeMillis();
        hold = hold(state);
        followed = 0;
        waiting = 0;
        long next = NEVER;
        starts.look(state);
        Set<String> there = new HashSet<>();
        for (Listing.Index index : listing.indices()) {
            there.add(index.name());
            Choice choice = Choice.of(rule, index, state);
            switch (choice.verdict()) {
                case LEAVE -> failures.remove(index.name());
                case FOLLOWED -> {
                    followed++;
                    if (starts.copying(index.name()) == false) {
                        failures.remove(index.name());
                    }
                }
                case WAIT -> waiting++;
                case CONFLICT -> failures.conflict(choice);
                case FOLLOW, AGAIN -> next = Math.min(next, follow(rule, choice, now));
            }
        }
        failures.retain(there);
        return next;
    }

    private long follow(Rule rule, Choice choice, long now) {
        String leader = choice.leader().name();
        if (starts.busy(leader)) {
            waiting++;
            return NEVER;
        }
        if (choice.verdict() == Choice.Verdict.AGAIN && failures.told(leader) == false) {
            starts.readReason(choice);
            return NEVER;
        }
        failures.conflictGone(leader);
        long due = failures.due(leader);
        if (due > now) {
            return due;
        }
        if (hold.isEmpty() && starts.free() > 0) {
            starts.start(rule, choice);
        }
        waiting++;
        return NEVER;
    }

    private String hold(ClusterState state) {
        if (services.cluster().getClusterSettings().get(CcrSettings.START_BLOCK)) {
            return "[FORBIDDEN] Replication START block is set";
        }
        if (state.blocks().globalBlockedException(ClusterBlockLevel.METADATA_WRITE) != null) {
            return "this cluster is read-only";
        }
        return "";
    }
}
