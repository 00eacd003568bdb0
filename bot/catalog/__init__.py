"""The catalog as people write it (YAML), and how it becomes the core's ModelEntry."""
