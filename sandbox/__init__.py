"""The outside world on one machine: local Slack, local SageMaker, embedded Valkey."""
