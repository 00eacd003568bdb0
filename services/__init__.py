"""What Sluice does: the pure release core, its ports, steps, use cases and adapters."""
