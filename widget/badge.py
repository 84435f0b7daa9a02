"""The badge: one line as an image, for mails and pages without scripts. Pure."""

from html import escape

from widget import words
from widget.colour import readable
from widget.contract import Snapshot
from widget.options import Options

HEIGHT, PADDING, CHARACTER = 28, 12, 7.2
"""Pixels: height, room at both ends, mean width of a character at 13 px."""
_LIGHT = {"ground": "#ffffff", "text": "#1d1c1a", "line": "#8a8780", "mark": "#1f7a5c"}
_DARK = {"ground": "#17171a", "text": "#ecebe7", "line": "#77757a", "mark": "#5cc29c"}


def render_badge(snapshot: Snapshot | None, options: Options) -> str:
    """An SVG with its text as its title; without figures it holds one transparent pixel, or says so when asked."""
    text = _line(snapshot, options)
    if not text:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" role="img" aria-label=""></svg>'
    width = round(2 * PADDING + 18 + CHARACTER * len(text))
    label = escape(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'role="img" aria-labelledby="t" lang="{options.language}"><title id="t">{label}</title>{_style(options)}'
        f'<rect class="g" x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="6"/>'
        f'<circle class="m" cx="{PADDING + 5}" cy="{HEIGHT / 2:g}" r="5"/>'
        f'<text x="{PADDING + 18}" y="18.5" textLength="{width - 2 * PADDING - 18}" lengthAdjust="spacingAndGlyphs" '
        f'font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif" font-size="13">{label}</text></svg>'
    )


def _line(snapshot: Snapshot | None, options: Options) -> str:
    if snapshot is None or snapshot.satisfaction is None:
        empty = words.phrase("vide", options.language)
        return empty if options.when_empty == "message" else ""
    widened = snapshot.scope.requested != snapshot.scope.served
    line = words.satisfaction_line(snapshot.satisfaction, options.language).rstrip(".")
    more = f" ({words.phrase('portee_courte', options.language)})" if widened else ""
    return line + more


def _style(options: Options) -> str:
    def rules(colours: dict[str, str], theme: str) -> str:
        mark = readable(options.accent, theme) if options.accent else colours["mark"]
        return f".g{{fill:{colours['ground']};stroke:{colours['line']}}}text{{fill:{colours['text']}}}.m{{fill:{mark}}}"

    light, dark = rules(_LIGHT, "light"), rules(_DARK, "dark")
    if options.theme == "sombre":
        return f"<style>{dark}</style>"
    media = f"@media(prefers-color-scheme:dark){{{dark}}}" if options.theme == "auto" else ""
    return f"<style>{light}{media}</style>"
