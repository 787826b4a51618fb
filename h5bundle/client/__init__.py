"""Reading the repository: the verified list of releases for the bff, and a reference client for everybody else."""

from h5bundle.client.anonymous import AnonymousRelease, anonymous_release, read_file
from h5bundle.client.fetching import STORE_URL, StoreFetcher
from h5bundle.client.published import PublishedRelease, releases
from h5bundle.client.reference import Equipment, Installation, Opened, Pulled, ReferenceClient

__all__ = (
    "STORE_URL",
    "AnonymousRelease",
    "Equipment",
    "Installation",
    "Opened",
    "PublishedRelease",
    "Pulled",
    "ReferenceClient",
    "StoreFetcher",
    "anonymous_release",
    "read_file",
    "releases",
)
