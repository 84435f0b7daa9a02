"""From words to a PDF, by Typst: the only module that knows the typesetter.

Every document is a PDF/UA-1 (ISO 14289-1): tagged, titled, in French, images with their text; the typesetter refuses to
write one that is not. The typefaces come with Python packages, so a document is the same on every machine, and the
same words give the same bytes. Compiling lets other threads run; call it from one.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, cast

import typst

from syndication.kit.letters import drawable

Template = Literal["poster", "slips", "sheet"]

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
_TEMPLATES = files("syndication.kit") / "templates"


def typeset(template: Template, data: Mapping[str, Json]) -> bytes:
    """The document that a template of ``templates/`` makes of ``data``, as PDF; data are never read as markup."""
    compiler = typst.Compiler(
        str(_TEMPLATES / f"{template}.typ"), root=str(_TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True
    )
    inputs = {"data": json.dumps(_drawable(data))}
    return cast(bytes, compiler.compile(format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs))


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files("fontpkg_source_sans_3") / "files")])


def _drawable(data: Json) -> Json:
    if isinstance(data, str):
        return drawable(data)
    if isinstance(data, Mapping):
        return {key: _drawable(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [_drawable(value) for value in data]
    return data
