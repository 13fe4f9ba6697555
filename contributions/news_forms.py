"""Forms about mail and webhooks: they read input; the actions decide."""

from typing import Any

from django import forms

from contributions import proposals
from contributions.actions._webhooks import Wish
from contributions.models import Webhook
from contributions.models.mail_preference import MailPace
from contributions.sentences import DEEDS
from hub.models import WorkingGroup

PACES = [
    (MailPace.DIGEST.value, "One digest a day"),
    (MailPace.AT_ONCE.value, "At once, one conversation a contribution"),
    (MailPace.OFF.value, "No e-mail; the inbox is enough"),
]


class MailForm(forms.Form):
    pace = forms.ChoiceField(
        choices=PACES, widget=forms.RadioSelect, label="E-mail about what concerns you"
    )


class WebhookForm(forms.Form):
    url = forms.URLField(
        label="Address",
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text="A public https:// address that answers with 2xx within ten seconds.",
    )
    verbs = forms.MultipleChoiceField(
        choices=[(verb, verb) for verb in DEEDS],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "columns"}),
        label="What happened",
        help_text="None ticked: everything.",
    )
    kinds = forms.MultipleChoiceField(
        choices=[(kind, proposal.label) for kind, proposal in proposals.KINDS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "columns"}),
        label="To which kinds of contributions",
        help_text="None ticked: to all of them.",
    )
    group = forms.ModelChoiceField(
        WorkingGroup.objects.all(),
        required=False,
        empty_label="any working group",
        label="Looked after by",
    )

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookForm":
        names = ("url", "verbs", "kinds", "group")
        return cls(initial={name: getattr(webhook, name) for name in names})

    def wish(self) -> Wish:
        data: dict[str, Any] = self.cleaned_data
        return Wish(data["url"], data["verbs"], data["kinds"], data["group"])
