package org.opensearch.ccr.rest;

import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.ToXContentObject;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestChannel;
import org.opensearch.rest.RestResponse;
import org.opensearch.rest.action.RestBuilderListener;

/** Answers statistics, which the contract shows on several lines whether {@code pretty} is asked for or not. */
final class PrettyListener<T extends ToXContentObject> extends RestBuilderListener<T> {

    PrettyListener(RestChannel channel) {
        super(channel);
    }

    @Override
    public RestResponse buildResponse(T answer, XContentBuilder builder) throws Exception {
        builder.prettyPrint();
        answer.toXContent(builder, channel.request());
        return new BytesRestResponse(RestStatus.OK, builder);
    }
}
