package org.opensearch.ccr.core;

import org.opensearch.core.common.bytes.BytesReference;

/**
 * The answer of a native call.
 *
 * @param envelope the message; null when the caller gave no parser
 * @param payload  a heap copy, never null, empty when the method answers none
 */
public record NativeAnswer<T>(T envelope, BytesReference payload) {}
