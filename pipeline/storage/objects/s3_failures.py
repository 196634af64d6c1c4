"""What an S3 server or the way to it refuses, in the pipeline's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError, TimeoutError

from pipeline.errors import IntegrityError, OperatorError, PipelineError, Unavailable

_WRONG_CREDENTIALS = frozenset({"SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken"})
_ALTERED_ON_THE_WAY = frozenset(
    {"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidDigest", "IncompleteBody"}
)
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "OperationAborted", "ConditionalRequestConflict"})
_BUSY_STATUSES = frozenset({429, 500, 502, 503, 504})
NOT_THERE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "ResourceNotFound", "NoSuchUpload"})
"""MethodNotAllowed is the answer where the version asked for is a delete marker."""


@contextmanager
def translated(server: str) -> Iterator[None]:
    """Turns what the client or the connection reports into the pipeline's errors; a missing object into KeyError."""
    try:
        yield
    except S3Error as error:
        raise refusal(error.code or "", error.response.status, server, error.message or "") from error
    except ServerError as error:
        raise refusal("", error.status_code, server, str(error)) from error
    except InvalidResponseError as error:
        # A proxy's page in place of an answer; the client keeps its status in the message only.
        raise Unavailable("storage_busy", server=server, detail=str(error)[:200]) from error
    except HTTPError as error:
        raise broken_connection(error, server) from error


def refusal(code: str, status: int, server: str, detail: str) -> PipelineError | KeyError:
    """The error for an answer of the server: its S3 code where it gave one, else by its HTTP status."""
    if code in NOT_THERE:
        return KeyError(detail)
    if code == "NoSuchBucket":
        return OperatorError("bucket_missing", server=server)
    if code in _WRONG_CREDENTIALS:
        return OperatorError("wrong_credentials", server=server)
    if code == "RequestTimeTooSkewed":
        return OperatorError("clock_skew", server=server)
    if code in _ALTERED_ON_THE_WAY:
        return IntegrityError("checksum_mismatch", server=server)
    if code == "RequestTimeout":
        return Unavailable("storage_slow", server=server)
    if code in _BUSY or status in _BUSY_STATUSES:
        return Unavailable("storage_busy", server=server, detail=code or str(status))
    if status == 403:
        return OperatorError("storage_forbidden", server=server, detail=detail or code)
    return OperatorError("storage_refused", server=server, detail=f"{code or status}: {detail}")


def broken_connection(error: HTTPError, server: str) -> PipelineError:
    """The error for a connection that was not made, was torn, or stands still."""
    if isinstance(error, SSLError):
        return OperatorError("storage_certificate", server=server, detail=str(error)[:200])
    # To the client a refused connection is a kind of time-out.
    if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
        return Unavailable("storage_slow", server=server)
    return Unavailable("storage_unreachable", server=server)
