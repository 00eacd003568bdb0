"""A local SageMaker: moto's control plane with the hosting it lacks, and a real process behind every endpoint.

`python -m sandbox.aws` serves it; `sandbox.aws.seed` fills it. Statuses, refusals and messages are AWS's, from the
service model and from what users quote in public issues. These are the sandbox's own, because no public copy of AWS's
was found: the wording when CreateModel meets a package that is not Approved or not Completed, the wording when a Failed
endpoint is updated, and that a package is Failed when its artifact is not in S3. An update to the configuration that
is already live is accepted here; what AWS does is not known. Health, not the clock alone, ends Creating and Updating.
"""
