"""Reading code, without looking for garbage in it: there is none, and looking takes a quarter of the time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While code is read within; what was read is not looked at again either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
