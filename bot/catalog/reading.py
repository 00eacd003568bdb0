"""Reading a catalog file, and saying all that is wrong with it."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from bot.catalog.entry import CatalogSpec
from bot.settings import Misconfigured
from services.release.catalog import Catalog


def read_catalog(path: Path) -> Catalog:
    """Read a catalog file.

    Raises:
        Misconfigured: it is missing, no YAML, or says something that a catalog cannot say; all of it at once.
    """
    try:
        spec = CatalogSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured([f"SLUICE_CATALOG: {path} cannot be read ({error.strerror})"]) from None
    except yaml.YAMLError as error:
        raise Misconfigured([f"{path}: not YAML: {error}"]) from None
    except ValidationError as error:
        raise Misconfigured(_sentences(str(path), error)) from None
    catalog = {name: model.entry(name, path.parent, spec.people) for name, model in spec.models.items()}
    problems = [f"{path}: {problem}" for problem in _clashes(catalog)]
    if problems:
        raise Misconfigured(problems)
    return catalog


def _clashes(catalog: Catalog) -> list[str]:
    """Return what two entries may not share: one endpoint has one model, and staging is not prod."""
    owners: dict[tuple[str, str], str] = {}
    problems = []
    for name, entry in catalog.items():
        for endpoint in (entry.deployment.staging_endpoint, entry.deployment.prod_endpoint):
            owner = owners.setdefault((entry.deployment.region, endpoint.lower()), name)
            if owner != name or entry.deployment.staging_endpoint == entry.deployment.prod_endpoint:
                problems.append(f"models.{name}: endpoint {endpoint} is used twice (also by {owner})")
    return problems


def _sentences(source: str, error: ValidationError) -> list[str]:
    return [f"{source}: {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
