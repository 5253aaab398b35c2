"""The errors of Glotmill, by who has to act on them."""


class GlotmillError(Exception):
    """Anything that Glotmill raises on purpose; the text says what to do about it."""


class RecipeError(GlotmillError):
    """A file the user wrote is wrong: which file, which field, what would be right.

    Args:
        message: what is wrong, in one sentence.
        file: the file to edit, as the user knows it.
        field: the field in that file, dotted (`steps.3.bands`).
        remedy: what would be right; near matches where there are any.
    """

    def __init__(
        self, message: str, *, file: str | None = None, field: str | None = None, remedy: str | None = None
    ) -> None:
        self.message, self.file, self.field, self.remedy = message, file, field, remedy
        place = ": ".join(part for part in (file, field) if part)
        text = f"{place}: {message}" if place else message
        super().__init__(f"{text}\n  {remedy}" if remedy else text)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_recipe_error, (type(self), self.message, self.file, self.field, self.remedy)


def _rebuild_recipe_error(
    kind: type[RecipeError], message: str, file: str | None, field: str | None, remedy: str | None
) -> RecipeError:
    return kind(message, file=file, field=field, remedy=remedy)


class ContractError(RecipeError):
    """Steps do not fit together; found before any data is read."""


class PlanConflictError(RecipeError):
    """The output folder holds a run of another plan; the message names the differences."""


class SettingsError(GlotmillError):
    """A run setting (binding, output, executor, model file) is missing or unusable."""


class DataError(GlotmillError):
    """An input is not what its source promised: missing, truncated, in another format."""


class StoreError(GlotmillError):
    """An object store does not answer, or refuses: never taken for damage of what it holds."""


class StoreRefusedError(StoreError):
    """An object store refuses, mostly for lack of credentials or of a right: asking again would not help."""


class LedgerError(GlotmillError):
    """Rows were gained or lost: a bug of ours, always fatal."""


class VerificationError(GlotmillError):
    """A finished corpus does not match its manifest."""


class ShardsFailed(ExceptionGroup[Exception]):
    """Some shards failed after their retries; the others are done and will not be redone."""
