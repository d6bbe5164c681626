"""Pages to read and print as templates: markup is escaped, and a name that nobody gave is an error, not a gap."""

from functools import cache

import jinja2


@cache
def template(package: str, name: str) -> jinja2.Template:
    """The template `name` in the folder `templates` of `package`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
