"""The pure core: what a release is, what can happen to it, and who may decide.

Nothing in this package does I/O, reads a clock or draws a random number; time and ids are arguments.
"""
