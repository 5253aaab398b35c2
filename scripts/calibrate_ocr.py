"""Gives language files their bound of the rule set `ocr`, or says there why a language has none.

    python scripts/calibrate_ocr.py [TAG ...]        # print what would change
    python scripts/calibrate_ocr.py --write          # and write it

Read are the calibration sources of manifests/prose.yaml, 6,000 characters of 250 documents at most, 30 at least. The bound is
the mean of the share of odd words and four standard deviations. A language in which the share tells prose with one letter
in twenty mistaken from sound prose with an AUC below 0.9 gets none. The status of a file stays: the gates do not ask this set.
"""

import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from calibrate_languages import license_of, over_languages, rows_of  # noqa: E402
from wrecks import misread  # noqa: E402

from glotmill.core.yamlfile import parse  # noqa: E402
from glotmill.text.calibration.fitting import Proposal  # noqa: E402
from glotmill.text.calibration.methods import rounded  # noqa: E402
from glotmill.text.calibration.targets import targets  # noqa: E402
from glotmill.text.calibration.writing import rewritten  # noqa: E402
from glotmill.text.measures import MEASURES  # noqa: E402
from glotmill.text.rules import Evidence, LanguageFile, language_path, read_rule_set  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

DEVIATIONS, ENOUGH, MOST, CHARACTERS, RATE, LEAST_AUC = 4.0, 30, 250, 6000, 0.05, 0.9
NAME = "odd_word_share"


def with_bound(text: str, tag: str, files: Mapping[str, str], manifest: Mapping[str, Any]) -> str:
    """Return a language's file with its bound, or as it is where it has one or needs none."""
    language = parse(text, LanguageFile, file=language_path(tag))
    (target,) = targets([read_rule_set("ocr", files)], language, tighten=False)
    if target.off is not None or "ocr" in language.bounds:
        return text
    patterns = manifest["languages"].get(tag, {}).get("calibration", [])
    chance = random.Random(tag)
    texts = [row["text"][:CHARACTERS] for row in rows_of(tag, patterns)] if patterns else []
    texts = chance.sample(texts, MOST) if len(texts) > MOST else texts
    if len(texts) < ENOUGH:
        why = f"not calibrated: {len(texts)} documents for it in manifests/prose.yaml, {ENOUGH} are needed"
        proposal = Proposal(target, None, "switched_off", why)
        said = Evidence(
            text="Bound of ocr: none", source="none", license="none"
        )  # of what was not measured there is none
    else:
        compute, profile = MEASURES[NAME].compute, language.profile()
        sound = compute(scan(texts), profile)
        damaged = compute(scan([misread(one, RATE, chance) for one in texts]), profile)
        auc = float((damaged[:, None] > sound).mean() + (damaged[:, None] == sound).mean() / 2)
        bound = rounded(float(sound.mean() + DEVIATIONS * sound.std()), side="above")
        licenses = {name: source["license"] for name, source in manifest["sources"].items()}
        where = f"{len(texts)} documents for calibration of {', '.join(patterns)}"
        if auc < LEAST_AUC:
            why = f"odd words tell one letter in twenty mistaken with an AUC of {auc:.2f} only"
            proposal = Proposal(target, None, "switched_off", why)
            text_ = f"Bound of ocr: none; on {where}, {why}."
        else:
            caught = float((damaged > bound).mean())
            proposal = Proposal(target, bound, "new")
            text_ = (
                f"Bound of ocr: the mean of {where}, and {DEVIATIONS:g} standard deviations. With one letter in twenty "
                f"mistaken, it drops {caught:.2f} of them (AUC {auc:.3f})."
            )
        said = Evidence(text=text_, source="manifests/prose.yaml", license=license_of(patterns, licenses))
    print(tag, proposal.bound, proposal.why or "", len(texts), flush=True)
    changed = rewritten(text, tag=tag, proposals=[proposal], evidence=said)
    changed = changed.replace("  - text: >-\n      Bound of ocr: none\n    source: none\n    license: none\n", "")
    return re.sub(r"^status: \w+", f"status: {language.status}", changed, count=1, flags=re.MULTILINE)


if __name__ == "__main__":
    over_languages(with_bound, __doc__)
