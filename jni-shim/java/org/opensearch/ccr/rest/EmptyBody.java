package org.opensearch.ccr.rest;

import org.opensearch.core.xcontent.ObjectParser;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.rest.RestRequest;

import java.io.IOException;

/** A body that the contract demands and that has nothing to say. */
final class EmptyBody {

    private static final ObjectParser<Object, Void> PARSER = new ObjectParser<>("empty_body", Object::new);

    private EmptyBody() {}

    /** Fails with 400 when there is no body, or when it has a field. */
    static void read(RestRequest request) throws IOException {
        try (XContentParser parser = request.contentOrSourceParamParser()) {
            PARSER.parse(parser, null);
        }
    }
}
