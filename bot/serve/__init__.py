"""Answers for other programs, read-only: over HTTP and as an MCP server."""
