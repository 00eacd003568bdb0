"""Processes and wiring: settings, catalog, the bot, the worker and the command line."""
