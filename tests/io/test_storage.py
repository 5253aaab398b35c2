"""Bytes at addresses, on this machine and on an object store."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
import xxhash

from glotmill.core.errors import DataError, SettingsError
from glotmill.io import storage


@pytest.fixture(params=["path", "file-url", "memory"])
def base(request, tmp_path):
    if request.param == "memory":
        import fsspec

        yield f"memory://{tmp_path.name}"
        fsspec.filesystem("memory").store.clear()
        fsspec.filesystem("memory").pseudo_dirs[:] = [""]
    else:
        yield str(tmp_path) if request.param == "path" else tmp_path.as_uri()


def test_what_is_written_is_read_listed_and_deleted(base):
    url = storage.join(base, "a", "b/ü.bin")
    storage.write_bytes(url, b"egun on")
    storage.write_bytes(storage.join(base, "a", "a.bin"), b"")
    assert storage.read_bytes(url) == b"egun on"
    assert storage.exists(url)
    assert storage.size(url) == 7
    assert storage.list_files(base) == [("a/a.bin", 0), ("a/b/ü.bin", 7)]
    assert storage.list_files(url) == [("ü.bin", 7)]
    assert storage.digest(url) == f"xxh3:{xxhash.xxh3_128_hexdigest(b'egun on')}"
    storage.delete(storage.join(base, "a"))
    assert not storage.exists(url)
    storage.delete(url)


def test_streams_seek_and_close(base):
    url = storage.join(base, "stream.bin")
    with storage.open_write(url) as stream:
        stream.write(b"0123")
        stream.write(b"456")
    with storage.open_read(url) as stream:
        stream.seek(-3, 2)
        assert stream.read() == b"456"


def test_what_is_missing_is_a_data_error_with_its_address(base):
    url = storage.join(base, "missing.bin")
    for function in (storage.read_bytes, storage.open_read, storage.size, storage.digest):
        with pytest.raises(DataError, match=r"missing\.bin: no such file"):
            function(url)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="folder"):
        storage.read_bytes(str(tmp_path))
    with pytest.raises(DataError, match="no such file or folder"):
        storage.list_files(str(tmp_path / "nothing"))


def test_a_store_with_tags_is_not_read_to_be_hashed():
    import fsspec

    class Tagged(fsspec.get_filesystem_class("memory")):
        protocol = "tagged"

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.removeprefix("tagged://").strip("/")

        def info(self, path, **kwargs):
            return {"name": path, "size": 3, "type": "file", "ETag": 'W/"weak"' if "weak" in path else '"9b2c"'}

    fsspec.register_implementation("tagged", Tagged, clobber=True)
    Tagged().pipe_file("/weak", b"abc")
    assert storage.digest("tagged://file") == "etag:9b2c"
    assert storage.digest("tagged://weak").startswith("xxh3:")


def test_a_protocol_without_a_package_names_the_remedy():
    with pytest.raises(SettingsError, match="nowhere://"):
        storage.read_bytes("nowhere://a/b")


def test_other_errors_of_the_system_propagate(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        storage.write_bytes(str(tmp_path / "file" / "below"), b"a")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_when_writing():
    with pytest.raises(OSError, match="No space left"), storage.open_write("/dev/full") as stream:
        stream.write(b"a")


def test_addresses_are_joined_with_one_slash():
    assert storage.join("s3://b/c/", "/d", "", "e.f") == "s3://b/c/d/e.f"
    assert storage.join("/", "a") == "/a"
    assert storage.join("memory://", "a") == "memory://a"
    assert storage.join("", "a", "b") == "a/b"
    assert storage.join("a/") == "a/"


def test_an_address_means_the_same_in_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert storage.absolute("corpora/ipuinak/") == f"{tmp_path}/corpora/ipuinak"
    assert storage.absolute(f"file://{tmp_path}/mi%20xe") == f"{tmp_path}/mi xe"
    assert storage.absolute("s3://bucket/corpora/") == "s3://bucket/corpora"
    assert storage.absolute("memory://") == "memory://"


def test_local_paths_need_no_fsspec():
    code = "import sys; from glotmill.io import storage, warc, sharding; storage.list_files('.'); print('fsspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_a_client_remembers_does_not_keep_a_file_from_being_deleted():
    """Clients of some stores remember what they have seen, whatever they are told; another worker has written since."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Remembering(MemoryFileSystem):
        protocol = "remembering"
        seen: ClassVar = {}

        @classmethod
        def _strip_protocol(cls, path):
            return MemoryFileSystem._strip_protocol(path.replace("remembering://", "memory://"))

        def invalidate_cache(self, path=None):
            self.seen.clear()

        def info(self, path, **options):
            if path not in self.seen:
                try:
                    self.seen[path] = super().info(path, **options)
                except FileNotFoundError:
                    self.seen[path] = None
            if self.seen[path] is None:
                raise FileNotFoundError(path)
            return self.seen[path]

    fsspec.register_implementation("remembering", Remembering, clobber=True)
    url = "remembering://deleted/by-name.json"
    assert not storage.exists(url)
    storage.write_bytes(url.replace("remembering", "memory"), b"{}")
    storage.delete(url)
    assert not storage.exists(url)


@pytest.mark.parametrize("write", [storage.replace_bytes, storage.write_whole])
def test_what_cannot_take_a_files_place_leaves_nothing_beside_it(write, tmp_path):
    place = tmp_path / "manifest.json"
    place.mkdir()
    with pytest.raises(OSError, match=r"manifest\.json"):
        write(str(place), b"{}")
    assert list(tmp_path.iterdir()) == [place]
