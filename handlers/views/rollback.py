"""The offer to roll prod back: to what, since when that had been live, checked to exist."""

from dataclasses import replace
from datetime import timedelta

from handlers import action_ids as ids
from handlers.action_ids import ButtonValue
from handlers.views.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    fields,
    message,
    option,
    paragraph,
    section,
    select,
)
from handlers.views.rehearsal import badge
from handlers.views.samples import NASTY, POINTER, START
from handlers.views.text import code, elapsed, escape, slack_time, version_name
from services.release.model import RollbackPointer
from services.release.naming import version_in
from services.release.rehearsal import Rehearsal, WayBack

_REFUSALS = {
    "no_prod": "Prod of *{model}* has no endpoint, so there is nothing to roll back.",
    "no_pointer": "No release of Sluice that could be undone put {current} on prod of *{model}*.",
    "first_release": "{current} on prod of *{model}* came with its first release: nothing was there before it.",
    "store_behind": "Redis has lost what prod of *{model}* served before {current}; the endpoint's tags may still "
    "tell. Have `sluice recover` run, then ask again.",
    "target_gone": "What prod of *{model}* served before can no longer be brought back.",
}


def refused_rollback(model: str, current: str | None, refusal: str, detail: str) -> Message:
    """Return why prod cannot be rolled back."""
    template = _REFUSALS.get(refusal, "Prod of *{model}* cannot be rolled back now.")
    text = template.replace("{current}", code(current or "nothing")).replace("{model}", escape(model, 80))
    return paragraph(f"✋ {text} {escape(detail, 500)}".rstrip())


def rollback_offer(
    model: str, endpoint: str, current: str | None, serving: int | None, pointer: RollbackPointer
) -> Message:
    """Return the target of a rollback, with the button that begins it.

    `serving` is the version of the `current` config, where its name tells; `pointer` has a previous config.
    """
    target = pointer.previous_config or ""
    version = version_name(pointer.previous_version or version_in(target))
    now_on = version_name(serving or pointer.new_version)
    start = button(f"Roll back to {version}…", ids.ROLL_BACK, ButtonValue(pointer.release_id).encode(), style="danger")
    before = code(current) if current is not None else "no endpoint"
    return message(
        f"Roll prod of {escape(model, 80)} back to {version}? From {before} to {code(target)}",
        section(
            f"⏪ *Roll prod of {escape(model, 80)} back to {version}?*\nIts config and model were checked: they exist."
        ),
        fields(
            ("Endpoint", code(endpoint)),
            ("Prod now", f"{now_on} {before}" if current is not None else before),
            ("After", f"{version} {code(target)}"),
            ("Live before", _live_before(pointer)),
        ),
        actions(f"back:{pointer.release_id}", start),
    )


def rehearsed(offer: Message, found: Rehearsal | None) -> Message:
    """Return an offer with what a look at all that it rests on found.

    It stays an offer whatever that was: it may be the only way, and what is missing may be brought back.
    """
    if found is None:
        return offer
    *blocks, start = offer.blocks
    return replace(offer, text=f"{offer.text}\n{badge(found)}", blocks=(*blocks, context(badge(found)), start))


def _live_before(pointer: RollbackPointer) -> str:
    until = slack_time(pointer.saved_at)
    if pointer.previous_since is None:
        return f"until {until}"
    lasted = elapsed(max(timedelta(), pointer.saved_at - pointer.previous_since))
    return f"for {lasted}, from {slack_time(pointer.previous_since)} until {until}"


def rollback_choice(models: tuple[str, ...]) -> Message:
    """Return the question which model is meant."""
    options: list[Block] = [option(model, model) for model in models]
    if not options:
        return paragraph("The catalog has no models, so there is nothing to roll back.")
    chooser = select(ids.CHOOSE_ROLLBACK, "Choose a model", options)
    return message("Which model?", section("⏪ *Whose prod should be looked at?* Nothing is changed yet.", chooser))


def examples() -> dict[str, Message]:
    """Return offers and refusals."""
    pointer = POINTER
    nasty = replace(pointer, previous_config=NASTY, previous_since=None, release_id="r7k2m9x4q")
    whole = Rehearsal(WayBack("titanic-survival", "r7k2m9x4q", pointer.previous_config or "", 6), START, START)
    offer = rollback_offer("titanic-survival", "titanic-survival-prod", pointer.new_config, 7, pointer)
    shown = {
        "offer": rollback_offer("titanic-survival", "titanic-survival-prod", pointer.new_config, 7, pointer),
        "offer_rehearsed": rehearsed(offer, whole),
        "offer_broken": rehearsed(offer, replace(whole, problems=(NASTY,) * 9)),
        "offer_without_prod": rollback_offer("titanic-survival", "titanic-survival-prod", None, None, pointer),
        "offer_worst": rollback_offer(NASTY, NASTY, NASTY, None, nasty),
        "choice": rollback_choice(("fare-price", "titanic-survival")),
        "choice_many": rollback_choice(tuple(f"model-{number}-{'x' * 50}" for number in range(300))),
        "choice_none": rollback_choice(()),
    }
    for reason in (*_REFUSALS, "unlisted"):
        shown[reason] = refused_rollback("titanic-survival", pointer.new_config, reason, "EndpointConfig x is gone.")
    shown["refused_worst"] = refused_rollback(NASTY, NASTY, "target_gone", NASTY)
    return shown
