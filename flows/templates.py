"""Pages as templates: markup is escaped, and a name that nobody gave is an error, not a gap."""

from functools import cache

import jinja2


def templates(package: str, **known: object) -> jinja2.Environment:
    """The templates in the folder `templates` of `package`; each of them knows these names."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(known)
    return environment


@cache
def template(package: str, name: str) -> jinja2.Template:
    """One of them, for a page that is drawn by itself."""
    return templates(package).get_template(name)
