"""The fields by which a repository at an origin is named."""

from typing import Final

from contributions.proposals.fields import Repository, Revision, Section

REPOSITORY: Final = Section(
    "Repository",
    "What the origin knows of it is filled in below. All of it can be corrected.",
    Repository(
        "repo_id",
        "Repository",
        "Owner and name at the origin, such as <code>Qwen/Qwen2.5-7B</code>.",
        required=True,
    ),
)
REVISION: Final = Revision(
    "revision", "Revision", "Branch, tag or commit. The first check pins it to a commit."
)
