"""Uploads: streamed, byte by byte what was on the disk, read anew for each attempt."""

import email.parser
import email.policy
import io
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from airflow_provider_extend.api.errors import (
    ExtendConnectionError,
    ExtendError,
    ExtendInputError,
    ExtendServerError,
)
from airflow_provider_extend.client import FileSource
from airflow_provider_extend.multipart import MultipartFile

FILE = b'{"success": true, "file": {"object": "file", "id": "file_1"}}'
BARE = b'{"object": "file", "id": "file_1"}'


def parts(request):
    """Parts of a multipart request, read by the standard library: name -> (file name, content)."""
    head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    assert message.is_multipart()
    assert not message.defects
    found = {}
    for part in message.iter_parts():
        disposition = part["content-disposition"]
        found[disposition.params["name"]] = (
            disposition.params.get("filename"),
            part.get_payload(decode=True),
        )
    return found


@pytest.fixture
def server(serve):
    return serve(lambda _: (200, {}, BARE))


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 \x00\xff\r\n--boundary\r\n\r\n", bytes(range(256)) * 1000, b"x", b"\r\n"],
    ids=["pdf", "256 kB", "one byte", "line end"],
)
def test_what_is_on_the_disk_arrives_byte_by_byte(make_client, server, tmp_path, content):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(content)
    assert make_client(server.url).upload(path) == {"object": "file", "id": "file_1"}
    (request,) = server.requests
    assert request.method == "POST"
    assert request.path == "/files/upload"
    assert parts(request) == {"file": ("invoice.pdf", content)}


def test_the_length_is_told_beforehand_and_the_body_is_not_chunked(make_client, server, tmp_path):
    path = tmp_path / "invoice.pdf"
    path.write_bytes(b"x" * 100_000)
    make_client(server.url).upload(path)
    (request,) = server.requests
    assert "transfer-encoding" not in request.headers
    assert int(request.headers["content-length"]) == len(request.body) > 100_000


def test_a_path_may_be_text_and_the_older_answer_is_unwrapped(make_client, serve, tmp_path, monkeypatch):
    server = serve(lambda _: (200, {}, FILE))
    (tmp_path / "a.txt").write_text("hello")
    monkeypatch.chdir(tmp_path)
    client = make_client(server.url, api_version="2025-04-21")
    assert client.upload("a.txt", convert_to_pdf=True) == {"object": "file", "id": "file_1"}
    assert server.asked == ["POST /files/upload?convertToPdf=true"]
    assert parts(server.requests[0]) == {"file": ("a.txt", b"hello")}


def test_files_upload_is_the_same(make_client, server, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    make_client(server.url).files.upload(tmp_path / "a.txt", name="b.txt")
    assert parts(server.requests[0]) == {"file": ("b.txt", b"hello")}


@pytest.mark.parametrize(
    ("name", "on_the_wire"),
    [
        ("plain.pdf", b'filename="plain.pdf"'),
        ('a"b.pdf', b'filename="a%22b.pdf"'),
        ("line\r\nbreak.pdf", b'filename="line%0D%0Abreak.pdf"'),
        ("Größe €.pdf", 'filename="Größe €.pdf"'.encode()),
        ('x"; name="y', b'filename="x%22; name=%22y"'),
    ],
)
def test_a_name_cannot_break_out_of_its_header(make_client, server, tmp_path, name, on_the_wire):
    path = tmp_path / "f"
    path.write_bytes(b"content")
    make_client(server.url).upload(path, name=name)
    body = server.requests[0].body
    assert body.count(b"Content-Disposition:") == 1
    assert b'form-data; name="file"; ' + on_the_wire + b"\r\n" in body


def test_a_file_whose_name_is_not_unicode_is_uploaded_or_refused_in_words(make_client, server, tmp_path):
    path = tmp_path / os.fsdecode(b"Gr\xf6\xdfe.pdf")
    path.write_bytes(b"content")
    try:
        make_client(server.url).upload(path)
    except ExtendInputError:
        assert server.requests == []
    else:
        assert [content for _, content in parts(server.requests[0]).values()] == [b"content"]


def test_the_password_of_a_pdf_is_a_field_beside_the_file(make_client, server, tmp_path):
    path = tmp_path / "f.pdf"
    path.write_bytes(b"content")
    make_client(server.url).upload(path, password="hunter2 ü")
    assert parts(server.requests[0]) == {
        "password": (None, "hunter2 ü".encode()),
        "file": ("f.pdf", b"content"),
    }
    assert "hunter2" not in repr(FileSource(path, password="hunter2"))


def test_a_stream_is_sent_from_its_start_and_stays_open(make_client, server):
    stream = io.BytesIO(b"0123456789")
    stream.read(4)
    make_client(server.url).upload(stream)
    assert parts(server.requests[0]) == {"file": ("document", b"0123456789")}
    assert not stream.closed


def test_after_a_429_the_whole_file_is_sent_again(make_client, serve, tmp_path):
    path = tmp_path / "f.pdf"
    path.write_bytes(os.urandom(50_000))
    replies = iter([(429, {"Retry-After": "0"}, b'{"message": "slow"}'), (200, {}, BARE), (200, {}, BARE)])
    server = serve(lambda _: next(replies))
    client = make_client(server.url)
    client.upload(path)
    assert [parts(request)["file"][1] for request in server.requests] == [path.read_bytes()] * 2
    stream = io.BytesIO(b"rewound")
    replies = iter([(429, {}, b"{}"), (200, {}, BARE)])
    client.upload(stream)
    assert [parts(request)["file"][1] for request in server.requests[2:]] == [b"rewound"] * 2


@pytest.mark.parametrize("reply", [(500, {}, b"{}"), b""], ids=["500", "dropped"])
def test_an_upload_in_doubt_is_sent_once(make_client, serve, tmp_path, reply):
    path = tmp_path / "f.pdf"
    path.write_bytes(b"x")
    server = serve(lambda _: reply)
    with pytest.raises((ExtendServerError, ExtendConnectionError)):
        make_client(server.url).upload(path)
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["missing", "directory", "forbidden"])
def test_what_cannot_be_read_is_named_and_nothing_is_sent(make_client, server, tmp_path, monkeypatch, kind):
    path = tmp_path / "f.pdf"
    if kind == "directory":
        path.mkdir()
    if kind == "forbidden":
        # The tests may run as root, who may read everything.
        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ExtendInputError) as caught:
        make_client(server.url).upload(path)
    assert repr(str(path)) in str(caught.value)
    assert "Nothing was uploaded" in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("as_stream", [False, True])
def test_an_empty_file_is_refused_before_anything_is_sent(make_client, server, tmp_path, as_stream):
    path = tmp_path / "empty.pdf"
    path.touch()
    with pytest.raises(ExtendInputError, match="empty"):
        make_client(server.url).upload(io.BytesIO() if as_stream else path)
    assert server.requests == []


@pytest.mark.parametrize("as_stream", [False, True])
def test_a_type_that_extend_does_not_take_is_refused_before_anything_is_sent(
    make_client, server, tmp_path, as_stream
):
    path = tmp_path / "setup.exe"
    path.write_bytes(b"MZ")
    source = path.open("rb") if as_stream else path
    with pytest.raises(ExtendInputError, match=r"'setup\.exe' is of a type \(\.exe\).*Nothing was sent"):
        make_client(server.url).upload(source, name="setup.exe" if as_stream else None)
    if as_stream:
        source.close()
    assert server.requests == []


def test_the_name_that_is_shown_decides_about_the_type(make_client, server, tmp_path):
    path = tmp_path / "scan.part"
    path.write_bytes(b"%PDF-1.7")
    make_client(server.url).upload(path, name="scan.pdf")
    make_client(server.url).upload(path, name="scan")
    assert [parts(request)["file"][0] for request in server.requests] == ["scan.pdf", "scan"]


@pytest.mark.parametrize("answer", [b"null", b"[]", b'"file_1"', b"3"])
def test_an_upload_that_is_answered_with_no_file_is_an_error_of_this_package(
    make_client, serve, tmp_path, answer
):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    server = serve(lambda _: (200, {}, answer))
    with pytest.raises(ExtendError):
        make_client(server.url).upload(path)


def test_a_large_file_takes_no_memory(serve, tmp_path):
    """64 MB, sparse, sent by a process of its own whose peak memory is compared with that of a tiny upload."""
    big, small = tmp_path / "big.pdf", tmp_path / "small.pdf"
    with big.open("wb") as stream:
        stream.truncate(64 * 2**20)
    small.write_bytes(b"x")
    received = []
    done = threading.Event()

    def swallow(listener):
        connection, _ = listener.accept()
        total, tail = 0, b""
        with connection:
            # The body ends with its closing boundary, however it was sent.
            while b"--\r\n" not in tail and (chunk := connection.recv(2**20)):
                total += len(chunk)
                tail = (tail + chunk)[-16:]
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BARE) + BARE
            )
        received.append(total)
        done.set()

    code = textwrap.dedent(
        """
        import resource, sys
        from airflow_provider_extend.client import ClientSettings, ExtendClient
        client = ExtendClient(ClientSettings(sys.argv[1], "sk_x", allowed_hosts=("http://127.0.0.1",)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert client.upload(sys.argv[2])["id"] == "file_1"
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    grown = []
    for path in (small, big):
        done.clear()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=swallow, args=(listener,), daemon=True)
            thread.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            run = subprocess.run(
                [sys.executable, "-c", code, url, str(path)],
                capture_output=True,
                text=True,
                timeout=20,
                env={**os.environ, "NO_PROXY": "127.0.0.1"},
            )
            assert run.returncode == 0, run.stderr
            assert done.wait(5)
        grown.append(int(run.stdout))
    assert received[1] >= 64 * 2**20
    assert grown[1] - grown[0] < 8 * 1024, f"kilobytes: {grown}"


# --- the body itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000, -1])
def test_the_body_is_the_same_in_whatever_portions_it_is_read(size):
    body = MultipartFile(io.BytesIO(b"content"), "f.pdf", {"a": "1", 'b"': "2"})
    boundary = body.content_type.partition("boundary=")[2]
    expected = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="b%22"\r\n\r\n2\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.pdf"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\ncontent\r\n--{boundary}--\r\n"
    ).encode()
    assert len(body) == len(expected)
    read = b"".join(iter(lambda: body.read(size), b""))
    assert read == expected
    assert body.read() == b""
    assert body.read(0) == b""


def test_no_portion_is_larger_than_asked_for():
    body = MultipartFile(io.BytesIO(b"x" * 1000), "f")
    assert {len(chunk) for chunk in iter(lambda: body.read(64), b"")} <= set(range(1, 65))


def test_a_stream_counts_from_where_it_is():
    stream = io.BytesIO(b"skipped content")
    stream.seek(8)
    body = MultipartFile(stream, "f")
    data = body.read()
    assert b"\r\n\r\ncontent\r\n" in data
    assert b"skipped" not in data
    assert len(data) == len(MultipartFile(io.BytesIO(b"content"), "f"))


def test_two_bodies_never_share_a_boundary():
    assert (
        MultipartFile(io.BytesIO(b"a"), "f").content_type != MultipartFile(io.BytesIO(b"a"), "f").content_type
    )
