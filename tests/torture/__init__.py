"""What takes too long for every test run: `make torture` breaks Sluice in every way that it knows and counts."""
