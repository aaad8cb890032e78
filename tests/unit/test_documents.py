"""Files, folders and archives: everything arrives once, hostile things are named and nothing else suffers."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError, SourceUnavailable
from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document
from pipelines.ports.source import Source
from sources.documents import documents
from sources.files import build
from sources.intake import MIB, Limits

SMALL = Limits(document=2 * MIB, archive_total=3 * MIB, archive_members=20, ratio=50, ratio_floor=64 * 1024)


def zipped(*members: tuple[str, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", level) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def taken(path: Path, limits: Limits = SMALL) -> tuple[list[str], list[tuple[str, str]]]:
    """Names of the documents, and (code, subject) of the errors."""
    found = list(documents([path], "file", limits))
    for one in found:
        if isinstance(one, Finding):
            assert one.source_file == one.subject
    return (
        [one.name for one in found if isinstance(one, Document)],
        [(one.code, one.subject) for one in found if isinstance(one, Finding) and one.severity is Severity.ERROR],
    )


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.xml").write_bytes(b"two")
    (tmp_path / "a.sta").write_bytes(b"one")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "c").write_bytes(b"x")
    assert taken(tmp_path) == (["a.sta", "b/2.xml"], [])
    assert taken(tmp_path / "a.sta") == (["a.sta"], [])
    assert taken(tmp_path / "none.sta") == ([], [("document-missing", "none.sta")])
    ignored = [one for one in documents([tmp_path]) if isinstance(one, Finding)]
    assert {(one.code, one.severity) for one in ignored} == {("file-ignored", Severity.INFO)}


def test_archives(tmp_path: Path) -> None:
    inner = zipped(("x.xml", b"x"), ("__MACOSX/._x.xml", b"junk"))
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(("b.sta", b"b"), ("sub/", b""), ("sub/a.sta", b"a"), ("in.zip", inner)))
    assert taken(path) == (["all.zip/b.sta", "all.zip/in.zip/x.xml", "all.zip/sub/a.sta"], [])
    renamed = tmp_path / "no-suffix"
    renamed.write_bytes(inner)
    assert taken(renamed)[0] == ["no-suffix/x.xml"]


def test_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "1.zip"
    path.write_bytes(zipped(("2.zip", zipped(("3.zip", zipped(("x", b"x"))))), ("ok", b"ok")))
    assert taken(path) == (["1.zip/ok"], [("zip-too-deep", "1.zip/2.zip/3.zip")])


@pytest.mark.parametrize(
    "name", ["../evil.sta", "/etc/evil", "a/../../b", "C:/x", "..\\evil", "\\\\host\\share", "a/.."]
)
def test_names_that_leave_the_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped((name, b"evil"), ("good.sta", b"good")))
    names, errors = taken(path)
    assert names == ["a.zip/good.sta"]
    assert [code for code, _ in errors] == ["zip-unsafe-name"]
    assert not (tmp_path.parent / "evil.sta").exists()


def test_links_in_archives(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    path = tmp_path / "a.zip"
    path.write_bytes(stream.getvalue())
    assert taken(path) == ([], [("zip-unsafe-name", "a.zip/link")])


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("bomb", b"0" * (2 * MIB))], "zip-bomb"),
        ([("big", os.urandom(2 * MIB + 1))], "document-too-large"),
        ([(str(number), b"x") for number in range(21)], "zip-bomb"),
        ([], "zip-empty"),
    ],
)
def test_bombs(tmp_path: Path, members: list[tuple[str, bytes]], code: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(*members))
    _, errors = taken(path)
    assert code in {found for found, _ in errors}
    assert sum(len(one.content) for one in documents([path], "file", SMALL) if isinstance(one, Document)) <= 3 * MIB


@pytest.mark.parametrize("nested", [False, True])
def test_total_of_an_archive_with_all_that_is_in_it(tmp_path: Path, nested: bool) -> None:
    files = [(str(number), b"0" * MIB) for number in range(4)]
    members = [(f"{name}.zip", zipped((name, content))) for name, content in files] if nested else files
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(*members))
    limits = Limits(document=2 * MIB, archive_total=3 * MIB, ratio=10_000)
    names, errors = taken(path, limits)
    assert len(names) == 3 - nested
    assert {code for code, _ in errors} == {"zip-bomb"}


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path) -> None:
    raw = bytearray(zipped(("liar", b"0" * 60_000)))
    size = (60_000).to_bytes(4, "little")
    assert raw.count(size) >= 2
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(raw).replace(size, (10).to_bytes(4, "little")))
    names, errors = taken(path)
    assert names == []
    assert errors[0][0] in ("zip-bomb", "zip-corrupt")


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:4] + b"\x00" * (len(raw) - 4),
        lambda raw: b"PK\x03\x04",
        lambda raw: raw[:40] + bytes([raw[40] ^ 0xFF, raw[41] ^ 0xFF]) + raw[42:],
    ],
)
def test_damaged_archives(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(damage(zipped(("a.sta", os.urandom(500)))))
    (tmp_path / "b.sta").write_bytes(b"b")
    names, errors = taken(tmp_path)
    assert names == ["b.sta"]
    assert [code for code, _ in errors] == ["zip-corrupt"]


def test_encrypted_archive(tmp_path: Path) -> None:
    raw = bytearray(zipped(("secret", b"x"), level=zipfile.ZIP_STORED))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(raw))
    assert taken(path) == ([], [("zip-encrypted", "a.zip/secret")])


def test_a_file_of_200_mb_is_refused_without_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as stream:
        stream.truncate(200 * MIB)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    assert taken(path, Limits()) == ([], [("document-too-large", "huge.xml")])


def test_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert taken(tmp_path) == ([], [("document-unreadable", "pipe")])


def test_the_files_source(tmp_path: Path) -> None:
    (tmp_path / "a.sta").write_bytes(b"x")
    source: Source = build({"name": "drop", "use": "files", "path": str(tmp_path)})
    (document,) = source.fetch()
    assert isinstance(document, Document)
    assert (source.name, document.name, document.source, document.content) == ("drop", "a.sta", "drop", b"x")


@pytest.mark.parametrize(
    "options",
    [{"path": "x", "pathh": "y"}, {}, {"path": 5}, {"path": "x", "max_document_mib": 0}, {"path": "x", "name": 1}],
)
def test_wrong_options(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        build(options)


def test_a_missing_folder_is_an_unavailable_source(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        build({"path": str(tmp_path / "none")}).fetch()
