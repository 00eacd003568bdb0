"""The record of a release for those who look into it later: its audit log as rows, its report as a page and as JSON."""
