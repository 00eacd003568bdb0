"""Candidates of the fault matrix: good ones, and ones with a mistake planted, to be compared with version 2 in prod.

Each becomes a version of the same model package group, as a training pipeline would register it: with metrics and
golden records that look fine. What is wrong shows only in what its endpoint answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.aws.seed import Version

PROD = "v2"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version to register and deploy.

    Attributes:
        name: short, unique, fit for an endpoint's name.
        does: what is special about it, for people.
        model: the folder of its artifact under sandbox/models.
        papers: the folder of what it registers of itself.
        fault: how its container misbehaves, in words of `sandbox:fault`.
        instances: what it runs on, type and count.
    """

    name: str
    does: str
    model: str = PROD
    papers: str = PROD
    fault: str = ""
    instances: tuple[str, int] = ("ml.m5.large", 1)

    @property
    def version(self) -> Version:
        """Return what is registered."""
        return Version(self.does, self.model, "5c0ffee", f"titanic-train-{self.name}", self.papers, self.fault)


def _trained(folder: str, does: str, instances: tuple[str, int] = ("ml.m5.large", 1)) -> Candidate:
    path = f"candidates/{folder}"
    return Candidate(folder.replace("_", "-"), does, path, path, instances=instances)


def _served(fault: str, does: str, name: str = "") -> Candidate:
    return Candidate(name or fault.replace("_", "-"), does, fault=fault)


GOOD = (
    Candidate("again", "prod's own version once more"),
    _trained("other_seed", "retrained with another seed"),
    _trained("deeper", "retrained with deeper trees and a smaller step, on two larger instances", ("ml.m5.xlarge", 2)),
    _trained("fewer_rows", "retrained on nine tenths of the rows"),
    _served("one_line", "in an older container, which answers all rows in one line"),
)

TRAINED_WRONG = (
    Candidate("sex-swapped", "trained after female became 0 and male 1", "v3", "v3"),
    _trained("columns_by_name", "trained on columns in the order of their names"),
    _trained("index_column", "trained on a table whose first column is the row's number"),
    _trained("unserved_feature", "trained on an eighth feature that nobody sends"),
    _trained("scaled_in_training", "trained on standardised features, served raw ones"),
    _trained("ports_recoded", "trained after the ports' codes changed"),
    _trained("median_ages", "trained on filled-in ages, served missing ones"),
    _trained("only_men", "trained on what a filter left over: men"),
    _trained("labels_mixed_up", "trained on labels that a join put beside other passengers"),
    _trained("overfit", "trees of depth 20 that know the training rows by heart"),
    _trained("constant", "regularised until one answer was left"),
    _trained("base_score_lost", "an older container reads the file's base_score as 0.5"),
    Candidate("stale", "the artifact of the version before, with the papers of the new one", "v1"),
)

SERVED_WRONG = (
    _served("random_ages", "fills in missing ages at random"),
    _served("batch_scaling", "scales by the rows of the request"),
    _served("drop_missing", "leaves out rows with a missing cell"),
    _served("refuse_missing", "refuses rows with a missing cell"),
    _served("want_eighth", "refuses rows without an eighth cell"),
    _served("missing_as_zero", "reads a missing cell as 0"),
    _served("zero_as_missing", "reads 0 as a missing cell, as sparse matrices do"),
    _served("whole_numbers", "cuts ages and fares to whole numbers"),
    _served("nan_where_missing", "answers NaN to rows with a missing cell"),
    _served("reversed", "answers in reverse order"),
    _served("one_answer", "answers the whole request with its first row's score"),
    _served("cut_reply", "answers the first 100 rows only"),
    _served("inverted", "answers the probability of the other class"),
    _served("percent", "answers per cent"),
    _served("log_odds", "answers log-odds"),
    _served("double_sigmoid", "puts the probability through the logistic function again"),
    _served("rounded", "answers 0 or 1"),
    _served("words", "answers in words"),
    _served("header_line", "begins its reply with a header"),
    _served("cached", "caches answers by class, sex and age"),
    _served("drifting", "moves its answers with every row it has answered"),
    _served("one_behind", "answers what the request before should have got"),
    _served("shared_buffer", "mixes up the answers to requests that come together"),
    _served("errors_as_500", "answers 500 where the request is wrong"),
    _served("errors_as_200", "answers 200 and the error's text where the request is wrong"),
    _served("lenient", "fills and cuts rows to its width, takes letters as missing"),
    _served("error_every:25", "fails every 25th request", "error-every"),
    _served("crash_after:100", "crashes after 100 answers", "crash-after"),
    _served("latency_ms:60", "takes 60 ms longer", "latency"),
    _served("slower_each:1500", "takes 1.5 ms longer with every answer", "slower-each"),
)

WRONG = TRAINED_WRONG + SERVED_WRONG
