"""A local Slack: Web API, Socket Mode and signed HTTP for an unmodified Bolt app, with a control API and a page."""
