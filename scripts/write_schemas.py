"""Write manifests/schema/*.json from the models; `make schemas`."""

from pathlib import Path

from glotmill.plan.schemas import schemas

folder = Path(__file__).resolve().parent.parent / "manifests" / "schema"
folder.mkdir(parents=True, exist_ok=True)
for name, text in schemas().items():
    (folder / name).write_text(text, encoding="utf-8")
    print(folder / name)
