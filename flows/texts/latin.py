"""A draft of Lao in Latin letters (MoH 2020, without tones), as a suggestion that a person accepts or writes anew."""

from collections.abc import Callable

from flows.texts.edit import TextsFault


def latin() -> Callable[[str], str]:
    """What makes a draft of a text; values in braces stay. Raises `TextsFault` without the extra `draft`."""
    try:
        from lao2ipa import transliterate  # noqa: PLC0415 - an extra: only an editor's machine has it
    except ImportError:
        raise TextsFault("a draft needs the extra `draft` (lao2ipa)", hint="pip install sala-channel[draft]") from None
    return lambda words: str(transliterate(words, output="moh", ignore_tones=True))
