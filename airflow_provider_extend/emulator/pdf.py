"""Pages of text -> a PDF that carries them, a line of text a line: what is written here is read back the same."""

from __future__ import annotations

from collections.abc import Sequence

#: Assumption: every page of a document has this size, in points, and its lines stand one below the other.
WIDTH, HEIGHT, MARGIN, LEADING = 612, 792, 72, 14


def write(pages: Sequence[str]) -> bytes:
    """A character that Windows-1252 does not have becomes a question mark. A page is as long as its text."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for at, page in enumerate(pages):
        lines = page.splitlines()
        height = max(HEIGHT, 2 * MARGIN + LEADING * len(lines))
        shown = b"".join(b"(" + _escaped(line) + b") Tj T* " for line in lines)
        content = f"BT /F1 10 Tf {LEADING} TL {MARGIN} {height - MARGIN} Td ".encode() + shown + b"ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {height}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * at} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    data, table = b"%PDF-1.4\n", f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        table += f"{len(data):010d} 00000 n \n"
        data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    tail = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + (table + tail).encode()


def _escaped(line: str) -> bytes:
    plain = line.expandtabs(4).encode("cp1252", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
