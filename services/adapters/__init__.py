"""The ports on the real world: Redis, SageMaker, the machine's clock. Only `bot.wiring` imports this package."""
