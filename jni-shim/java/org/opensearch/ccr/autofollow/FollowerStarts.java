package org.opensearch.ccr.autofollow;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.support.clustermanager.AcknowledgedResponse;
import org.opensearch.ccr.action.StartAction;
import org.opensearch.ccr.action.StartRequest;
import org.opensearch.ccr.action.StopAction;
import org.opensearch.ccr.index.Reasons;
import org.opensearch.ccr.settings.AutofollowSettings;
import org.opensearch.ccr.state.FollowTasks;
import org.opensearch.ccr.state.IndexFollowState.Phase;
import org.opensearch.ccr.state.Rule;
import org.opensearch.cluster.ClusterState;
import org.opensearch.core.action.ActionListener;
import org.opensearch.transport.client.Client;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Starts followers for a rule, so many at a time that their copies do not stand in each other's way. One thread at a time. */
final class FollowerStarts {

    private static final Logger logger = LogManager.getLogger(FollowerStarts.class);

    private final AutoFollowServices services;
    private final Consumer<Runnable> answers;
    private final IndexFailures failures;
    /** Leader indices whose request is not answered. */
    private final Set<String> starting = new HashSet<>();
    /** Leader index to follower, while the leader's files are on their way. */
    private final Map<String, String> copying = new HashMap<>();
    private final Set<String> reading = new HashSet<>();
    private long successes;

    FollowerStarts(AutoFollowServices services, Consumer<Runnable> answers, IndexFailures failures) {
        this.services = services;
        this.answers = answers;
        this.failures = failures;
    }

    long successes() {
        return successes;
    }

    /** Lets go of the slots of those whose copy is over. */
    void look(ClusterState state) {
        copying.values().removeIf(follower -> {
            Phase phase = FollowTasks.phase(state, follower);
            return phase != Phase.INIT && phase != Phase.RESTORING;
        });
    }

    int free() {
        int most = services.cluster().getClusterSettings().get(AutofollowSettings.PARALLEL_STARTS);
        return most - starting.size() - copying.size();
    }

    boolean busy(String leader) {
        return starting.contains(leader) || reading.contains(leader) || copying.containsKey(leader);
    }

    boolean copying(String leader) {
        return copying.containsKey(leader);
    }

    void start(Rule rule, Choice choice) {
        starting.add(choice.leader().name());
        // Who made the rule was allowed to, and needs no other permission; the roles are looked at by the start itself.
        Client client = services.clients().plugin();
        Consumer<Exception> failed = e -> answers.accept(() -> failed(choice, e));
        StartRequest request = StartRequest.ofRule(
            choice.follower(),
            rule.alias(),
            choice.leader().name(),
            rule.roles(),
            rule.settings()
        );
        ActionListener<AcknowledgedResponse> started = ActionListener.wrap(answer -> answers.accept(() -> started(choice)), failed);
        try {
            if (choice.verdict() == Choice.Verdict.AGAIN) {
                client.execute(
                    StopAction.INSTANCE,
                    new StopAction.Request(choice.follower()),
                    ActionListener.wrap(stopped -> client.execute(StartAction.INSTANCE, request, started), failed)
                );
            } else {
                client.execute(StartAction.INSTANCE, request, started);
            }
        } catch (Exception e) {
            failed.accept(e);
        }
    }

    private void started(Choice choice) {
        starting.remove(choice.leader().name());
        copying.put(choice.leader().name(), choice.follower());
        failures.started(choice.leader().name());
        successes++;
    }

    private void failed(Choice choice, Exception e) {
        starting.remove(choice.leader().name());
        failed(choice, Reasons.of(e), RetryTimes.passing(e));
    }

    private void failed(Choice choice, String reason, boolean passing) {
        logger.info("[{}] auto-follow will try again to start it: {}", choice.follower(), reason);
        failures.failed(choice, reason, passing, services.now());
    }

    /** The start went well and the copy failed afterwards: the record says why. */
    void readReason(Choice choice) {
        String leader = choice.leader().name();
        reading.add(leader);
        services.store().get(choice.follower(), ActionListener.wrap(record -> answers.accept(() -> {
            reading.remove(leader);
            failed(choice, record.isEmpty() ? "its bootstrap failed" : record.get().reason(), false);
        }), e -> answers.accept(() -> {
            reading.remove(leader);
            failed(choice, Reasons.of(e), true);
        })));
    }
}
