"""Answers in S3-compatible storage, read by ranges."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from storages.backends.s3 import S3Storage


class AnswersBucket(S3Storage):  # type: ignore[misc]
    """A bucket, read by ranges: django-storages itself brings whole files. Errors are OSErrors that
    say the code and never the request, in which keys and signed addresses stand."""

    def __init__(self) -> None:
        super().__init__(
            bucket_name=settings.ANSWERS_S3_BUCKET,
            endpoint_url=settings.ANSWERS_S3_ENDPOINT or None,
            region_name=settings.ANSWERS_S3_REGION or None,
            access_key=settings.ANSWERS_S3_ACCESS_KEY or None,
            secret_key=settings.ANSWERS_S3_SECRET_KEY or None,
            location=settings.ANSWERS_S3_PREFIX,
            addressing_style="path" if settings.ANSWERS_S3_ENDPOINT else None,
            signature_version="s3v4",
            querystring_auth=True,
            file_overwrite=True,
            default_acl=None,
        )

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with _errors_named():
            item = self.bucket.Object(self._normalize_name(name))
            return File(cast(IO[bytes], _Ranges(item)), name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _errors_named():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _errors_named():
            return bool(super().exists(name))


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = str(error.response.get("Error", {}).get("Code", status))[:60]
        if status == 404 and code != "NoSuchBucket":
            raise FileNotFoundError(code) from None
        raise OSError(f"The storage of answers refuses ({code}).") from None
    except BotoCoreError as error:
        raise OSError(f"The storage of answers is away ({type(error).__name__}).") from None


class _Ranges(io.RawIOBase):
    """One object as a file: a read is one GET with a Range."""

    def __init__(self, item: Any) -> None:
        self.item = item
        self.size = int(item.content_length)
        self.place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, start + offset)
        return self.place

    def tell(self) -> int:
        return self.place

    def readinto(self, buffer: Any) -> int:
        end = min(self.place + len(buffer), self.size)
        if end <= self.place:
            return 0
        with _errors_named():
            answer = self.item.get(Range=f"bytes={self.place}-{end - 1}")
            data = answer["Body"].read()
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)
