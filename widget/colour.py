"""A host's accent, kept readable: darkened or lightened until it holds on our grounds. Pure.

Contrast is that of WCAG 2.2 (relative luminance of sRGB colours, (L1 + 0.05) / (L2 + 0.05)).
"""

from functools import lru_cache

ENOUGH = 4.5
"""Contrast that text needs, WCAG 2.2 success criterion 1.4.3."""
GROUNDS = {"light": ("#ffffff", "#f6f5f2"), "dark": ("#17171a", "#222226")}
"""Grounds that the accent is written on, in each theme."""
STEPS = 100

Rgb = tuple[int, int, int]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21."""
    low, high = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)
def readable(accent: str, theme: str) -> str:
    """The colour nearest to an accent that reads on every ground of a theme."""
    towards = (0, 0, 0) if theme == "light" else (255, 255, 255)
    rgb = _rgb(accent)
    for step in range(STEPS + 1):
        mixed = _hex(_mix(rgb, towards, step / STEPS))
        if all(contrast(mixed, ground) >= ENOUGH for ground in GROUNDS[theme]):
            return mixed
    raise AssertionError("black and white always read on these grounds")


def accent_rules(accent: str) -> str:
    """Style rules that put an accent in place of ours, in light and in dark; empty without an accent."""
    if not accent:
        return ""
    light, dark = readable(accent, "light"), readable(accent, "dark")
    return (
        f":root{{--accent:{light}}}@media screen{{:root[data-theme=sombre]{{--accent:{dark}}}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root[data-theme=auto]{{--accent:{dark}}}}}"
    )


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in rgb)


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
