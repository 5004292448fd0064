"""Slack: events in, the desk asked, rendered answers out."""
