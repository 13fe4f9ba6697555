"""The sorts of field that a proposal is made of: one sort a file, all of one shape (base.Field)."""

from contributions.proposals.fields.base import Change, Field, Payload, Row, Section
from contributions.proposals.fields.choice import Choice
from contributions.proposals.fields.count import Count
from contributions.proposals.fields.curve import Curve
from contributions.proposals.fields.data import Data
from contributions.proposals.fields.day import Day
from contributions.proposals.fields.derived import Derived
from contributions.proposals.fields.edges import Edges
from contributions.proposals.fields.flag import Flag
from contributions.proposals.fields.hidden import BasedOn, Subject
from contributions.proposals.fields.licence import Licence, LicenceName
from contributions.proposals.fields.line import Line
from contributions.proposals.fields.lines import Lines
from contributions.proposals.fields.link import Link
from contributions.proposals.fields.names import Address, Commit, NamePart, Repository, Revision
from contributions.proposals.fields.number import Number
from contributions.proposals.fields.reading import Reading
from contributions.proposals.fields.rows import Rows
from contributions.proposals.fields.tags import Tags
from contributions.proposals.fields.text import Prose, Text

__all__ = [
    "Address",
    "BasedOn",
    "Change",
    "Choice",
    "Commit",
    "Count",
    "Curve",
    "Data",
    "Day",
    "Derived",
    "Edges",
    "Field",
    "Flag",
    "Licence",
    "LicenceName",
    "Line",
    "Lines",
    "Link",
    "NamePart",
    "Number",
    "Payload",
    "Prose",
    "Reading",
    "Repository",
    "Revision",
    "Row",
    "Rows",
    "Section",
    "Subject",
    "Tags",
    "Text",
]
