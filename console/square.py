"""An address as a QR code for a telephone's camera, drawn here: nothing of a key goes to anybody else's server."""

from markupsafe import Markup


def square(text: str, label: str) -> Markup:
    """The code as an SVG element that says `label` to those who hear the page; black on white, whatever the theme."""
    import segno  # noqa: PLC0415 - needed by the one page on which a second factor begins

    drawn = segno.make(text, error="m", micro=False)
    svg = drawn.svg_inline(border=4, dark="#000", light="#fff", svgclass="square", lineclass=None, omitsize=True)
    return Markup(svg.replace("<svg ", '<svg role="img" aria-label="{}" ', 1)).format(label)  # noqa: S704 - segno's own drawing; the label is escaped by format
