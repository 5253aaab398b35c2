"""The `reconsent` command: later signals over a finished corpus, and what they cost it."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glotmill.cli import show
from glotmill.cli.options import Json, ProjectDir, RunDir
from glotmill.cli.takedown import Also, By, begun, finish, tombstones_of

if TYPE_CHECKING:
    from glotmill.run.reconsent import Reconsent


def reconsent(
    run: RunDir,
    *,
    signals: Annotated[
        list[str],
        typer.Option(
            "--signals",
            metavar="LOCATION",
            help="WARC files or JSON Lines of later robots.txt, tdmrep.json and page headers, or a folder of them. Repeatable.",
        ),
    ],
    policy: Annotated[
        Literal["strictest", "as-of-fetch", "record-only"] | None,
        typer.Option("--policy", help="What becomes of what is denied. [default: as in the recipe]"),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Take out what is denied, and write down what is said.")
    ] = False,
    also: Also = None,
    by: By = "",
    project: ProjectDir = Path(),
    json: Json = False,
) -> None:
    """Say how many tokens of each language later signals of owners would cost a corpus and its deltas; with --apply, do it.

    Nothing is changed without --apply. A denial wins over what was said before, and silence changes nothing.

    Example: glotmill reconsent corpora/basque-web/2026.11.1 --signals crawls/2027-02
    """
    from glotmill.core.errors import RecipeError
    from glotmill.licensing.agents import AGENTS_FILE, load_agents
    from glotmill.plan.project import Project
    from glotmill.run.reconsent import policy_of, reconsider
    from glotmill.run.takedown.carrying import Asked, plan_takedown
    from glotmill.run.takedown.family import family
    from glotmill.run.takedown.request import Request

    first, *others = begun(run, also, dry_run=not apply)
    folders = family(first, others)
    agents = Project(project).read(AGENTS_FILE)
    if agents is None:
        raise RecipeError("the list of AI agents is missing", file=AGENTS_FILE)
    found = reconsider(folders, signals, policy=policy_of(folders, policy), agents=load_agents(agents))
    if not apply:
        _report(run, found, json=json)
        return
    if not json:
        _report(run, found, json=False)
    asked = Asked(by, None, datetime.now(UTC).date().isoformat(), why="reconsent")
    planned = plan_takedown(
        folders,
        Request(twins="keep"),
        asked,
        project=tombstones_of(project),
        denied=sorted(found.denied),
        consents=found.consents,
    )
    finish(run, planned, project, dry_run=False, json=json)


def _report(run: str, found: "Reconsent", *, json: bool) -> None:
    rows = sorted(found.languages.items(), key=lambda item: (-item[1].lost_tokens, -item[1].denied_tokens, item[0]))
    if json:
        show.as_json(
            {
                "run": run,
                "policy": found.policy,
                "records": found.records,
                "languages": {tag: asdict(loss) for tag, loss in rows},
                "rules": dict(found.rules.most_common()),
                "lost": sum(loss.lost for _, loss in rows),
                "lost_tokens": sum(loss.lost_tokens for _, loss in rows),
            }
        )
        return
    show.table(
        f"{run}, policy {found.policy}: {found.records:,} snapshots speak of its sites and pages",
        ("language", "documents", "tokens", "denied", "tokens denied", "lost", "tokens lost", "share", "changed"),
        [
            (
                tag,
                loss.documents,
                loss.tokens,
                loss.denied,
                loss.denied_tokens,
                loss.lost,
                loss.lost_tokens,
                f"{loss.lost_tokens / max(1, loss.tokens):.1%}",
                loss.changed,
            )
            for tag, loss in rows
        ],
    )
    if not any(loss.tokens for _, loss in rows):
        show.line("note: this corpus counts no tokens; a step of kind count_tokens would")
    if found.rules:
        show.line()
        show.table("denied by", ("signal", "documents"), list(found.rules.most_common()))
