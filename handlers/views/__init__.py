"""Pure functions from the core's types to Block Kit: no client, no clock, no use case."""
