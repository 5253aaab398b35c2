"""Common Crawl over HTTPS and from S3: the bytes of a local folder, or an error that says what is wrong with the place."""

import time
from pathlib import Path

import pytest

pytest.importorskip("cryptography")
pytest.importorskip("moto")
pytest.importorskip("s3fs")

from glotmill.core.errors import DataError
from glotmill.run.commoncrawl import Access, Outlook, carry_out
from support.certificates import Authority
from support.commoncrawl import archives, job, served
from support.object_store import Proxy

pytest_plugins = ["support.stores"]


def fetched(where: str | Path, folder: Path, **options: object) -> Outlook:
    return carry_out(
        job("eus_Latn"), str(folder), Access(str(where), rate=1000.0, connections=4, patience=5), **options
    )


@pytest.fixture(scope="module")
def clean(common_crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fetch from the folder itself."""
    folder = tmp_path_factory.mktemp("clean")
    assert fetched(common_crawl, folder).finished
    return folder


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "keys").mkdir()
    return Authority(tmp_path / "keys")


def test_over_https_the_same_bytes_come_though_connections_break(
    clean: Path, common_crawl: Path, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr("glotmill.crawl.commoncrawl.base._BACKOFF_S", 0.01)
    faults = {1: "close", 2: "cut", 3: "503"}
    with served(common_crawl, tls=authority.server("127.0.0.1")) as place:
        place.fault = lambda path, start, attempt: faults.get(attempt) if "/segments/" in path else None
        assert fetched(place.url, tmp_path / "cc").finished
    assert sum(count >= 4 for count in place.tries.values()) >= 15
    assert archives(tmp_path / "cc") == archives(clean)


@pytest.mark.parametrize(
    ("variable", "address", "said"),
    [
        ("SSL_CERT_NOWHERE", "127.0.0.1", "self-signed|local issuer"),
        ("SSL_CERT_FILE", "127.0.0.2", "IP address mismatch"),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_is_asked_for_nothing(
    common_crawl: Path, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch,
    variable: str, address: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, str(authority.file))
    begun = time.monotonic()
    with (
        served(common_crawl, tls=authority.server(address)) as place,
        pytest.raises(DataError, match=rf"the server's certificate: .*({said})"),
    ):
        fetched(place.url, tmp_path / "cc")
    assert place.asked == []
    assert time.monotonic() - begun < 10  # by asking five times it would take 15 s


def test_from_s3_the_same_bytes_come(clean: Path, common_crawl: Path, tmp_path: Path, store: Proxy) -> None:
    import s3fs

    filesystem = s3fs.S3FileSystem()
    filesystem.mkdir("commoncrawl")
    filesystem.put(f"{common_crawl}/", "commoncrawl/", recursive=True)
    store.quiet()
    left = [6]

    def now_and_then(request):
        left[0] -= "/segments/" in request.path
        return ("503", "reset", "cut")[left[0] % 3] if left[0] >= 0 and "/segments/" in request.path else None

    store.fault = now_and_then
    assert fetched("s3://commoncrawl/", tmp_path).finished
    assert sum(store.failed.values()) == 6
    assert archives(tmp_path) == archives(clean)


def test_s3_without_credentials_says_what_is_missing(
    tmp_path: Path, store: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(DataError, match=r"found no credentials: set them in its environment variables.*\(forbidden\)"):
        fetched("s3://commoncrawl/", tmp_path / "cc")
