"""One module a part, found by its name; each has `run(seed)`, which breaks things and returns its Counts."""
