"""What a run has seen so far: enough to go on after a crash, and in the end all that is judged. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from services.ports import Reply
from services.quality import Constraint
from services.release.model import Serving
from services.smoke.measurements import OK, Asked, NoAnswer
from services.smoke.questions import Question
from services.smoke.readings import NO_PACKAGE, NO_PROD, Missing
from services.smoke.tables import Table

Answer: TypeAlias = Reply | NoAnswer

NOT_YET = NoAnswer("not asked yet", not_sent=True)


@dataclass(frozen=True, slots=True)
class Background:
    """What is known before anything is asked; looked up once, so that a resumed run compares with the same.

    `prod` is the name of the prod endpoint, `registry` what training registered of the version (metric to number);
    `golden` are the golden records of its package, and `constraints` the bounds that came with it; where there is no
    such thing, why, and what that makes of a rule about it. `candidate` and `live` are what the endpoint under test and
    prod serve, None where that is not known.
    """

    prod: str | Missing = NO_PROD
    registry: Mapping[str, float] | Missing = NO_PACKAGE
    golden: Table | Missing = NO_PACKAGE
    constraints: tuple[Constraint, ...] | Missing = ()
    candidate: Serving | None = None
    live: Serving | None = None


NOTHING_KNOWN = Background()
"""Neither a prod nor a package to compare with."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What asking one endpoint has cost so far, results or not, and why it is asked no more.

    `unanswered` counts the requests in a row that no container answered; `last_at` is when the last one ended.
    """

    requests: int = 0
    seconds: float = 0.0
    unanswered: int = 0
    last_at: datetime | None = None
    over: NoAnswer | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """The answers of a run by the key of their question: asking one again replaces its answer, and counts once."""

    suite_digest: str
    background: Background
    started_at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    spent_on_prod: Spent = field(default_factory=Spent)

    @property
    def requests_sent(self) -> int:
        """All requests, to both endpoints."""
        return self.spent.requests + self.spent_on_prod.requests

    @property
    def seconds(self) -> float:
        """How long both endpoints were asked."""
        return self.spent.seconds + self.spent_on_prod.seconds

    def wants(self, question: Question, readable: Callable[[Question, str], bool]) -> bool:
        """Say whether a question belongs to this run: one in place of another only if that was lost or answered badly.

        `readable` says whether the body of a reply with 200 holds an answer to each row of a question.
        """
        first = self.answers.get(question.in_place_of)
        if not question.in_place_of or not isinstance(first, Reply):
            return not question.in_place_of or first is not None
        return first.status != OK or not readable(question, first.body)

    def is_open(self, question: Question) -> bool:
        """Say whether a question is still to be asked."""
        return question.key not in self.answers and self._spent(question).over is None

    def asked(self, question: Question) -> Asked:
        """Return what a question got, or why it got nothing."""
        answer = self.answers.get(question.key) or self._spent(question).over or NOT_YET
        return Asked(question.body, answer) if isinstance(answer, Reply) else Asked(question.body, nothing=answer)

    def answered(self, questions: Iterable[Question]) -> tuple[Reply, ...]:
        """Return the replies that some questions got."""
        found = (self.answers.get(question.key) for question in questions)
        return tuple(answer for answer in found if isinstance(answer, Reply))

    def _spent(self, question: Question) -> Spent:
        return self.spent_on_prod if question.of_prod else self.spent

    def with_more(self, answers: Mapping[str, Answer], spent: Spent, spent_on_prod: Spent) -> "Notebook":
        """Return the notebook after some more asking."""
        return replace(self, answers={**self.answers, **answers}, spent=spent, spent_on_prod=spent_on_prod)
