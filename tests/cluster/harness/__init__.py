"""Drives real OpenSearch nodes: homes, clusters, the link between them, load and content."""
