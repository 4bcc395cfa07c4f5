"""Where inputs come from: folders, archives, addresses, results of jobs."""

import io
import json
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fixtures.aws import Aws
from tandem.aws import Clients
from tandem.errors import InputGone, InputUnfit
from tandem.jobs.inputs import sources
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.manifest import Manifest
from tandem.settings import Settings
from tandem.stores import Store
from tandem.stores.folder import FolderStore


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(FolderStore(tmp_path / "store", "bucket"), tmp_path / "cache")


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert list((tmp_path / "cache").glob(".*")) == []


def contents(found: Manifest, blobs: Blobs) -> dict[str, bytes]:
    read = {}
    for entry in found.entries:
        with blobs.open(entry.sha256) as body:
            read[entry.path] = body.read()
    return read


def refused(source: Callable[[], Manifest]) -> str:
    with pytest.raises(InputUnfit) as caught:
        source()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


FILES = {"a.csv": b"1", "deep/er/b.csv": b"2", ".hidden": b"3", "empty": b""}


def test_a_folder_gives_all_that_somebody_may_want(tmp_path: Path, blobs: Blobs) -> None:
    litter = {".DS_Store": b"x", "deep/._b.csv": b"x", "__MACOSX/a": b"x"}
    folder = write(tmp_path / "given", {**FILES, **litter})
    assert contents(sources.from_folder(folder, blobs), blobs) == FILES


@pytest.mark.parametrize("target", ["/etc/passwd", "a.csv", "nowhere", "deep"])
def test_a_link_in_a_folder_is_refused(tmp_path: Path, blobs: Blobs, target: str) -> None:
    folder = write(tmp_path / "given", FILES)
    (folder / "link").symlink_to(target)
    assert "The input link cannot be used: it is no plain file" in refused(lambda: sources.from_folder(folder, blobs))


def test_a_pipe_in_a_folder_is_refused(tmp_path: Path, blobs: Blobs) -> None:
    os.mkfifo(write(tmp_path / "given", FILES) / "pipe")
    assert "The input pipe cannot be used" in refused(lambda: sources.from_folder(tmp_path / "given", blobs))


def test_what_is_refused_leaves_nothing_in_the_store(
    tmp_path: Path, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "given", {**FILES, "z\x1b": b"named for a trick"})
    assert "its name has signs" in refused(lambda: sources.from_folder(folder, blobs))
    (folder / "z\x1b").unlink()
    monkeypatch.setattr("tandem.jobs.inputs.manifest.MOST_FILES", 3)
    assert "there are more than 3" in refused(lambda: sources.from_folder(folder, blobs))
    assert list((tmp_path / "store").rglob("blobs/*")) == []


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_an_archive_gives_what_it_holds(tmp_path: Path, blobs: Blobs, name: str) -> None:
    found = sources.from_archive(packed(tmp_path / name, FILES), blobs)
    assert contents(found, blobs) == FILES
    assert found == sources.from_folder(write(tmp_path / "given", FILES), blobs)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize("inside", ["../evil", "/tmp/evil", "a/../../evil"])
def test_names_that_lead_out_are_refused(tmp_path: Path, blobs: Blobs, name: str, inside: str) -> None:
    path = packed(tmp_path / name, {"good": b"1", inside: b"x"})
    assert "a name that leads out of the folder" in refused(lambda: sources.from_archive(path, blobs))
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/tmp/evil").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"this is no zip", "The input bad.zip cannot be used: it is no zip and no tar archive."),
        (b"", "The input bad.zip cannot be used: it is no zip and no tar archive."),
        (b"PK\x03\x04 and nothing more", "the archive is damaged or cut off"),
        (b"\x1f\x8b and no gzip", "its gzip is"),
    ],
)
def test_what_is_no_archive_is_refused_in_one_line(tmp_path: Path, blobs: Blobs, content: bytes, said: str) -> None:
    path = tmp_path / "upload-1"
    path.write_bytes(content)
    assert said in refused(lambda: sources.from_archive(path, blobs, "bad.zip"))


def test_an_archive_without_files_is_refused(tmp_path: Path, blobs: Blobs) -> None:
    path = packed(tmp_path / "a.zip", {})
    assert "there are no files in it" in refused(lambda: sources.from_archive(path, blobs))


def test_a_bomb_is_refused_before_it_fills_the_disk(
    tmp_path: Path, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tandem.exchange.archives.HARMLESS_BYTES", 1 << 20)
    path = packed(tmp_path / "bomb.zip", {"zeros": bytes(64 << 20)})
    assert "as only bombs are" in refused(lambda: sources.from_archive(path, blobs))


class Site(BaseHTTPRequestHandler):
    """Pages, and redirections that lead somewhere."""

    def do_GET(self) -> None:
        pages = {"/data/x.csv": b"1,2\n", "/a%20b.txt": b"named", "/": b"front", "/x.zip": self.server.archive}  # type: ignore[attr-defined]
        if self.path in pages:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages[self.path])
        elif self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        else:
            self.send_error(404)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.archive = packed(tmp_path / "x.zip", FILES).read_bytes()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_of_an_allowed_host_is_read(site: str, blobs: Blobs) -> None:
    settings = Settings(url_hosts=(site,))
    for path, name, content in (("data/x.csv", "x.csv", b"1,2\n"), ("a%20b.txt", "a b.txt", b"named")):
        assert contents(sources.from_url(f"http://{site}/{path}", blobs, settings), blobs) == {name: content}
    assert contents(sources.from_url(f"http://{site}/to//data/x.csv", blobs, settings), blobs) == {"x.csv": b"1,2\n"}
    assert contents(sources.from_archive_at(f"http://{site}/x.zip", blobs, settings), blobs) == FILES


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://{site}/none.csv", "the server answers 404"),
        ("http://localhost:{port}/data/x.csv", "the host localhost:{port} is not allowed here"),
        ("http://127.0.0.1/data/x.csv", "the host 127.0.0.1 is not allowed here"),
        ("http://169.254.169.254/latest/meta-data", "the host 169.254.169.254 is not allowed here"),
        ("http://{site}/to/http://localhost:{port}/data/x.csv", "the host localhost:{port} is not allowed here"),
        ("http://{site}/to/file:///etc/passwd", "it leads to an address that is not plain http or https"),
        ("http://me:secret@{site}/data/x.csv", "it leads to an address that is not plain http or https"),
        ("http://{site}/to/", "it leads from one address to the next without end"),
        ("http://{site}/%2e%2e", "its name leads out of the folder"),
        ("file:///etc/passwd", "it must begin with s3://, https:// or http://"),
        ("http://[", "it is no address"),
        ("x.csv", "it must begin with s3://"),
        ("http://{site}:99999/x", "it is no address"),
    ],
)
def test_other_addresses_are_refused(site: str, blobs: Blobs, url: str, said: str) -> None:
    names = {"site": site, "port": site.partition(":")[2]}
    found = refused(lambda: sources.from_url(url.format(**names), blobs, Settings(url_hosts=(site,))))
    assert said.format(**names) in found


def test_an_address_where_nobody_answers_is_told(blobs: Blobs) -> None:
    settings = Settings(url_hosts=("127.0.0.1:9",))
    assert "the server does not give it" in refused(lambda: sources.from_url("http://127.0.0.1:9/x", blobs, settings))


def test_an_address_that_holds_too_much_is_refused(site: str, blobs: Blobs) -> None:
    settings = Settings(url_hosts=(site,), upload_bytes=3)
    found = refused(lambda: sources.from_url(f"http://{site}/data/x.csv", blobs, settings))
    assert "larger than the 3 bytes that TANDEM_UPLOAD_BYTES allows" in found


@pytest.fixture
def bucket(moto_server: Aws, fresh_name: str) -> str:
    with closing(Clients(moto_server.settings())) as clients:
        clients.s3.create_bucket(Bucket=fresh_name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for key, body in (("set/a.csv", b"1"), ("set/deep/b.csv", b"2"), ("set/empty", b""), ("setting", b"4")):
            clients.s3.put_object(Bucket=fresh_name, Key=key, Body=body)
        clients.s3.put_object(Bucket=fresh_name, Key="evil/../../x", Body=b"x")
        for key in ("both/a", "both/a/b/c"):
            clients.s3.put_object(Bucket=fresh_name, Key=key, Body=b"x")
    return fresh_name


def test_objects_of_s3_are_read(moto_server: Aws, bucket: str, blobs: Blobs) -> None:
    settings = moto_server.settings()
    assert contents(sources.from_url(f"s3://{bucket}/set/a.csv", blobs, settings), blobs) == {"a.csv": b"1"}
    whole = sources.from_url(f"s3://{bucket}/set/", blobs, settings)
    assert contents(whole, blobs) == {"a.csv": b"1", "deep/b.csv": b"2", "empty": b""}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://{bucket}/none", "there is no such object"),
        ("s3://{bucket}/none/", "there is nothing under it"),
        ("s3://{bucket}-not/x", "there is no such bucket"),
        ("s3://{bucket}", "it must name a bucket and an object"),
        ("s3:///x", "it must name a bucket and an object"),
        ("s3://Not a bucket/x", "S3 does not give it"),
        ("s3://{bucket}/evil/", "its name leads out of the folder"),
        ("s3://{bucket}/both/", "a/b/c lies below another object"),
    ],
)
def test_other_objects_of_s3_are_refused(moto_server: Aws, bucket: str, blobs: Blobs, url: str, said: str) -> None:
    found = refused(lambda: sources.from_url(url.format(bucket=bucket), blobs, moto_server.settings()))
    assert said in found


def finish_job(store: Store, blobs: Blobs, files: Mapping[str, bytes], folder: Path) -> Manifest:
    """What a runner leaves of a job that has ended."""
    results = sources.from_folder(write(folder, files), Blobs(FolderStore(folder.parent / "aside", "b"), blobs.cache))
    for name, content in files.items():
        store.put(f"runs/1/results/{name}", io.BytesIO(content), content_type="text/plain")
    told = {"files": [{**one, "type": "text/plain"} for one in json.loads(results.to_json())]}
    store.put("runs/1/results/.complete", io.BytesIO(json.dumps(told).encode()), content_type="application/json")
    return results


def test_results_of_a_job_are_inputs_of_the_next(any_store: Store, tmp_path: Path) -> None:
    blobs = Blobs(any_store, tmp_path / "cache")
    files = {"a.csv": b"1", "deep/b.csv": b"2", "deep/er/c.csv": b"3", "deeper": b"4", "empty": b""}
    results = finish_job(any_store, blobs, files, tmp_path / "results")
    assert sources.from_job("runs/1/results/", None, any_store, blobs) == results
    assert contents(results, blobs) == files
    for path, names in (("a.csv", ["a.csv"]), ("deep", ["deep/b.csv", "deep/er/c.csv"]), ("deep/", None)):
        found = sources.from_job("runs/1/results/", path, any_store, blobs)
        assert [entry.path for entry in found.entries] == (names or ["deep/b.csv", "deep/er/c.csv"])


def test_results_that_are_not_there_are_told(any_store: Store, tmp_path: Path) -> None:
    blobs = Blobs(any_store, tmp_path / "cache")
    assert "no complete results" in refused(lambda: sources.from_job("runs/1/results/", None, any_store, blobs))
    finish_job(any_store, blobs, {"a.csv": b"1"}, tmp_path / "results")
    for path in ("b.csv", "../a.csv", "a", ""):
        said = refused(lambda path=path: sources.from_job("runs/1/results/", path, any_store, blobs))
        assert "not among the 1 results" in said
    any_store.delete("runs/1/results/a.csv")
    with pytest.raises(InputGone, match=r"runs/1/results/a\.csv is not in the store any more"):
        sources.from_job("runs/1/results/", None, any_store, blobs)
