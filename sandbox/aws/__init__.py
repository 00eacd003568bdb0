"""A local SageMaker: moto's control plane with the hosting it lacks, and a real process behind every endpoint."""
