package org.opensearch.ccr.common;

import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.support.AbstractClient;

/** A node that takes every request and answers none. */
public class SilentClient extends AbstractClient {

    public SilentClient(ThreadPool threadPool) {
        super(Settings.EMPTY, threadPool);
    }

    @Override
    protected final <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
        ActionType<Response> action,
        Request request,
        ActionListener<Response> listener
    ) {}

    @Override
    public final void close() {}
}
