"""The few forms of Markdown that the made pages are of."""

from collections.abc import Iterable

MADE = "<!-- Made by docs/generate.py from the code and docs/words.yaml. Change those, then run `make docs`. -->"


def page(title: str, *parts: str) -> str:
    """Return a page: a title, then its parts with an empty line between them."""
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; a pipe in a cell is escaped."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Return `text` as a code span."""
    return f"`{text}`"
