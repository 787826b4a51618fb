"""Fetching over HTTP for python-tuf's client, bounded in time: a server that drips is left, however steadily it drips.

Three bounds hold: how long no byte may come, how long the answer's head may take (the same), and how long one file may
take in all. Redirects are not followed: where a repository lies is the client's configuration, not the server's answer.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

from h5bundle.bounded import BoundedPool, BoundedSecurePool

CHUNK: Final = 65_536
OK: Final = 200


class BoundedFetcher(FetcherInterface):
    """Fetches files with a pause and a whole that are limited."""

    def __init__(self, *, pause: float = 10, whole: float = 120, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the limits.

        Args:
            pause: seconds without a byte, or without the whole head of the answer, after which the server is left.
            whole: seconds that one file may take.
            clock: seconds that only grow.
        """
        self._pause = min(pause, whole)
        self._whole = whole
        self._clock = clock
        self._pool = urllib3.PoolManager(retries=False)
        self._pool.pool_classes_by_scheme = {"http": BoundedPool, "https": BoundedSecurePool}

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Ask for a file; python-tuf counts its bytes."""
        began = self._clock()
        timeout = urllib3.Timeout(connect=self._pause, read=self._pause)
        try:
            response = self._pool.request("GET", url, preload_content=False, redirect=False, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            if isinstance(error, urllib3.exceptions.TimeoutError) or self._clock() - began >= self._pause:  # hung up
                message = f"{url} does not answer in time"
                raise SlowRetrievalError(message) from error
            message = f"{url} cannot be reached"
            raise DownloadError(message) from error
        if response.status != OK:
            response.close()
            message = f"{url} is answered with {response.status}"
            raise DownloadHTTPError(message, response.status)
        return self._chunks(url, response, began + self._whole)

    def _chunks(self, url: str, response: urllib3.BaseHTTPResponse, end: float) -> Iterator[bytes]:
        """Give what comes as it comes, until the end of the file or of the time."""
        whole = False
        try:
            while data := response.read1(CHUNK):
                if self._clock() > end:
                    message = f"{url} takes longer than {self._whole:g} seconds"
                    raise SlowRetrievalError(message)
                yield data
            whole = True
        except urllib3.exceptions.TimeoutError as error:
            message = f"{url} pauses too long"
            raise SlowRetrievalError(message) from error
        except urllib3.exceptions.HTTPError as error:
            message = f"{url} breaks off"
            raise DownloadError(message) from error
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()
