"""Real kills: bots, workers and Valkey die under load, and what is left is held against what must be.

python -m benchmarks.kills [--seed 1] [--kills 200] [--releases 200]
"""
