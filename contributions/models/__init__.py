"""How the catalogue changes: the nouns, one a file."""

from contributions.models.abuse_report import AbuseReport
from contributions.models.assignment import Assignment
from contributions.models.audit_entry import AuditEntry
from contributions.models.awaited_run import AwaitedRun
from contributions.models.block import Block
from contributions.models.check import Check
from contributions.models.comment import Comment
from contributions.models.comment_edit import CommentEdit
from contributions.models.contribution import Contribution
from contributions.models.delivery import Delivery
from contributions.models.draft import Draft
from contributions.models.event import Event
from contributions.models.hold import Hold
from contributions.models.mail_preference import MailPreference
from contributions.models.notification import Notification
from contributions.models.reference import Reference
from contributions.models.review import Review
from contributions.models.thread import Thread
from contributions.models.version import Version
from contributions.models.watch import Watch
from contributions.models.webhook import Webhook

__all__ = [
    "AbuseReport",
    "Assignment",
    "AuditEntry",
    "AwaitedRun",
    "Block",
    "Check",
    "Comment",
    "CommentEdit",
    "Contribution",
    "Delivery",
    "Draft",
    "Event",
    "Hold",
    "MailPreference",
    "Notification",
    "Reference",
    "Review",
    "Thread",
    "Version",
    "Watch",
    "Webhook",
]
