"""What may stand in an address; anything else is 404 before the database hears of it."""

from django.urls import register_converter


class NameConverter:
    """Owner or name of a variant or dataset."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class UsernameConverter(NameConverter):
    regex = r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,149}"


register_converter(NameConverter, "entry")
register_converter(UsernameConverter, "username")
