"""The badge: one line as an image, for mails and pages without scripts. Pure."""

from html import escape

from widget import words
from widget.colour import readable
from widget.contract import Distribution, Snapshot
from widget.draw import VALUES, shares
from widget.options import Options

HEIGHT, PADDING, BAR, CHARACTER = 28, 12, 40, 7.2
"""Pixels: height, room at both ends, length of the bar, mean width of a character at 13 px."""
_LIGHT = {
    "ground": "#ffffff", "text": "#1d1c1a", "line": "#8a8780", "bien": "#1f7a5c", "moyen": "#a9700c", "mal": "#a8365b",
}  # fmt: skip
_DARK = {
    "ground": "#17171a", "text": "#ecebe7", "line": "#77757a", "bien": "#5cc29c", "moyen": "#e0b55a", "mal": "#e58aa6",
}  # fmt: skip


def render_badge(snapshot: Snapshot | None, options: Options) -> str:
    """An SVG with its text as its title; without figures it holds one transparent pixel, or says so when asked."""
    text = _line(snapshot, options)
    spread = snapshot.satisfaction if snapshot else None
    if not text:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" role="img" aria-label=""></svg>'
    start = PADDING + BAR + 8 if spread else PADDING
    width = round(start + PADDING + CHARACTER * len(text))
    label = escape(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'role="img" aria-labelledby="t" lang="{options.language}"><title id="t">{label}</title>{_style(options)}'
        f'<rect class="g" x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="6"/>'
        f"{_bar(spread) if spread else ''}"
        f'<text x="{start}" y="18.5" textLength="{width - PADDING - start}" lengthAdjust="spacingAndGlyphs" '
        f'font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" font-size="13">{label}</text></svg>'
    )


def _line(snapshot: Snapshot | None, options: Options) -> str:
    if snapshot is None or snapshot.satisfaction is None:
        empty = words.phrase("vide", options.language)
        return empty if options.when_empty == "message" else ""
    widened = snapshot.scope.requested != snapshot.scope.served
    line = words.satisfaction_line(snapshot.satisfaction, options.language).rstrip(".")
    reserves = [words.phrase("portee_courte", options.language)] if widened else []
    reserves += [caution.rstrip(".")] if (caution := words.caution(snapshot.reliability, options.language)) else []
    return f"{line} ({'. '.join(reserves)})" if reserves else line


def _bar(spread: Distribution) -> str:
    """The distribution as three parts of a short bar."""
    parts, start = "", float(PADDING)
    for name, share in shares(spread):
        width = BAR * share.count / spread.answered
        parts += f'<rect class="{name}" x="{start:.4g}" y="10" width="{width:.4g}" height="8"/>'
        start += width
    return parts


def _style(options: Options) -> str:
    def rules(colours: dict[str, str], theme: str) -> str:
        line = readable(options.accent, theme) if options.accent else colours["line"]
        bars = "".join(f".{name}{{fill:{colours[name]}}}" for name in VALUES)
        return f".g{{fill:{colours['ground']};stroke:{line}}}text{{fill:{colours['text']}}}{bars}"

    light, dark = rules(_LIGHT, "light"), rules(_DARK, "dark")
    if options.theme == "sombre":
        return f"<style>{dark}</style>"
    media = f"@media(prefers-color-scheme:dark){{{dark}}}" if options.theme == "auto" else ""
    return f"<style>{light}{media}</style>"
