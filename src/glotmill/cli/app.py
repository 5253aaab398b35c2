"""The `glotmill` command: its subcommands, its exit codes, and how errors look."""

import sys
from typing import Annotated

import typer

from glotmill import __version__
from glotmill.cli import (
    ablate,
    audit,
    benchmark,
    calibrate,
    crawl,
    demo,
    diff,
    fetch,
    filters,
    identify,
    inspect,
    language,
    licenses,
    mix,
    models,
    project,
    reconsent,
    rejudge,
    review,
    runs,
    show,
    takedown,
    tokenize,
    train,
    translations,
    update,
    watch,
)
from glotmill.core.errors import DataError, GlotmillError, LedgerError, ShardsFailed, StoreError, VerificationError

app = typer.Typer(
    name="glotmill",
    help="Build pretraining corpora in languages other than English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for name, command in (
    ("init", project.init),
    ("check", project.check),
    ("plan", project.plan),
    ("dry-run", runs.dry_run),
    ("run", runs.run),
    ("crawl", crawl.crawl),
    ("status", watch.status),
    ("report", watch.report),
    ("fetch", fetch.fetch),
    ("funnel", inspect.funnel),
    ("why", inspect.why),
    ("verify", inspect.verify),
    ("audit", audit.audit),
    ("review-licenses", review.review_licenses),
    ("contamination", benchmark.contamination),
    ("clean", inspect.clean),
    ("translations", translations.translations),
    ("index", update.index),
    ("diff", diff.diff),
    ("update", update.update),
    ("takedown", takedown.takedown),
    ("reconsent", reconsent.reconsent),
    ("rejudge", rejudge.rejudge),
    ("mix", mix.mix),
    ("tokenize", tokenize.tokenize),
    ("ablate", ablate.ablate),
    ("identify", identify.identify),
    ("calibrate", calibrate.calibrate),
    ("lint-filters", filters.lint_filters),
    ("lint-licenses", licenses.lint_licenses),
    ("demo", demo.demo),
):
    app.command(name)(command)
app.add_typer(language.app, name="language")
app.add_typer(models.app, name="models")
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(train.app, name="train")


def _version(value: bool) -> None:
    if value:
        print(f"glotmill {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Build pretraining corpora in languages other than English."""


def main() -> None:
    """Run the command line; exit 0 done, 1 failed shards or failed verification, 2 wrong usage or recipe."""
    try:
        app()
    except ShardsFailed as group:
        show.complaint(f"{group.message}; what is done stays done, the same command goes on from here:")
        for error in group.exceptions[:10]:
            show.complaint(f"  {show.in_words(error)}")
        if len(group.exceptions) > 10:
            show.complaint(f"  and {len(group.exceptions) - 10} more")
        for note in getattr(group, "__notes__", ()):
            show.complaint(f"  {note}")
        sys.exit(1)
    except (DataError, LedgerError, StoreError, VerificationError, OSError) as error:
        show.complaint(show.in_words(error))
        sys.exit(1)
    except GlotmillError as error:
        show.complaint(show.in_words(error))
        sys.exit(2)
    except KeyboardInterrupt:
        show.complaint("interrupted; finished shards stay finished, the same command goes on from here")
        sys.exit(130)


if __name__ == "__main__":
    main()
