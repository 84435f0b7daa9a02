"""A sample catalogue, somebody else's site: served on another port, it embeds widgets as any integrator would.

Its Content-Security-Policy names the widgets' origin and nothing else, without ``unsafe-inline``.
"""

from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

STYLES = """
body{margin:0;font:17px/1.6 "Trebuchet MS",Verdana,sans-serif;color:#20303a;background:#eef2f3}
header{background:#0b4f6c;color:#fff;padding:16px 24px;font-size:20px}header a{color:inherit;text-decoration:none}
main{max-width:920px;margin:24px auto;background:#fff;padding:24px;border-radius:4px}
@media(max-width:600px){main{margin:0;padding:16px;border-radius:0}}
h1{margin-top:0;line-height:1.2}dl{display:grid;grid-template-columns:auto 1fr;gap:2px 16px}
dt{color:#56707c}dd{margin:0}
section{margin-top:32px;border-top:1px solid #d5dfe3;padding-top:8px}
"""

PAGES = {
    "cap-cuisine": (
        "CAP cuisine",
        "Apprendre à préparer, cuire et dresser. Deux ans, au lycée ou en apprentissage.",
        (
            ("Ce qu'en disent les apprentis", '<sirius-avis formation="50022146">{link}</sirius-avis>'),
            ("Au CFA Exemple des Batignolles",
             '<sirius-avis formation="RNCP38430" etablissement="0751234J">{link}</sirius-avis>'),
            ("Par l'ancien code ONISEP, en simple div",
             '<div class="sirius-avis" data-formation="FOR.1210">{link}</div>'),
        ),
    ),
    "bts-mco": (
        "BTS management commercial opérationnel",
        "Diriger un point de vente, animer une équipe. Deux ans après le bac.",
        (("Ce qu'en disent les apprentis", '<sirius-avis formation="certifinfo:104239">{link}</sirius-avis>'),),
    ),
    "cap-coiffure": (
        "CAP métiers de la coiffure",
        "Couper, coiffer, conseiller. Les avis défilent un par un, puis se lisent en liste.",
        (
            (
                "Un avis à la fois",
                '<sirius-avis formation="50033616" format="carrousel" accent="#0b4f6c">{link}</sirius-avis>',
            ),
            (
                "En liste, à la demande",
                '<sirius-avis formation="50033616" format="liste" chargement="clic">{link}</sirius-avis>',
            ),
        ),
    ),
    "recherche": (
        "Résultats de recherche",
        "Une ligne d'avis par formation, et une seule demande pour toute la liste.",
        tuple(
            (title, f'<sirius-avis format="score" {codes}>{{link}}</sirius-avis>')
            for title, codes in (
                ("CAP cuisine", 'formation="50022146"'),
                ("CAP cuisine, CFA Exemple des Batignolles", 'formation="50022146" etablissement="0751234J"'),
                ("BTS management commercial opérationnel", 'formation="certifinfo:104239"'),
                ("CAP métiers de la coiffure", 'formation="FOR.873"'),
                ("CAP boulanger", 'formation="50022137"'),
            )
        ),
    ),
    "cap-boulanger": (
        "CAP boulanger",
        "Pétrir, façonner, cuire. Personne n'a encore répondu pour cette formation : le widget se tait.",
        (("", '<sirius-avis formation="50022137"></sirius-avis>'),),
    ),
}  # fmt: skip


def create_catalogue(service_url: str) -> Starlette:
    """The sample catalogue, embedding widgets of a service."""

    async def home(_: Request) -> Response:
        return RedirectResponse("/formations/cap-cuisine")

    async def styles(_: Request) -> Response:
        return Response(STYLES, media_type="text/css")

    async def formation(request: Request) -> Response:
        found = PAGES.get(request.path_params["slug"])
        if found is None:
            return HTMLResponse("<!doctype html><title>Introuvable</title><h1>Formation inconnue</h1>", 404)
        return HTMLResponse(_html(service_url, *found), headers={"content-security-policy": _policy(service_url)})

    return Starlette(
        routes=[Route("/", home), Route("/styles.css", styles), Route("/formations/{slug}", formation)],
    )


def _policy(service_url: str) -> str:
    return (
        f"default-src 'none'; style-src 'self'; script-src {service_url}; frame-src {service_url}; "
        f"connect-src {service_url}; img-src data:; base-uri 'none'"
    )


def _html(service_url: str, title: str, lead: str, sections: tuple[tuple[str, str], ...]) -> str:
    link = f'<a href="{escape(service_url)}/methode">Les avis d\'apprentis, par Sirius</a>'
    parts = "".join(
        f"<section>{f'<h2>{escape(name)}</h2>' if name else ''}{embed.format(link=link)}</section>"
        for name, embed in sections
    )
    menu = " · ".join(f'<a href="/formations/{slug}">{escape(page[0])}</a>' for slug, page in PAGES.items())
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f'<title>{escape(title)} – Catalogue d\'exemple</title><link rel="stylesheet" href="/styles.css">'
        f'<script async src="{escape(service_url)}/widget/1.js"></script></head><body>'
        f'<header><a href="/">Catalogue d\'exemple</a></header><main><p>{menu}</p>'
        f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>{parts}</main></body></html>"
    )
