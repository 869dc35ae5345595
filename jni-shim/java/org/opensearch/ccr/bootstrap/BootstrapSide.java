package org.opensearch.ccr.bootstrap;

/** What the plugin registers for bootstrap; see the next commit. */
public final class BootstrapSide {}
