"""How many files this process may open: each connection is one."""

try:
    import resource
except ImportError:  # no such bound on this system
    resource = None  # type: ignore[assignment]

UNBOUNDED = 65_536
"""Files counted on where the system sets no bound."""


def open_files() -> int:
    """Files that this process may open at one time."""
    if resource is None:
        return UNBOUNDED
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNBOUNDED if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> int:
    """Ask for as many files as this process, and those it starts, may have; gives how many they do."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = UNBOUNDED if hard == resource.RLIM_INFINITY else hard
        if soft != resource.RLIM_INFINITY and soft < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (OSError, ValueError):  # the system says no: what there is will do
                return open_files()
    return open_files()
