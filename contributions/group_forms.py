"""The forms of a working group's page. What they may say, the actions decide."""

from django import forms

from contributions.checks import CHECKS
from contributions.proposals import KINDS
from hub.models.scope import ScopeRole


class ScopeForm(forms.Form):
    person = forms.CharField(label="Username", required=False)
    role = forms.ChoiceField(label="Role", choices=ScopeRole.choices, required=False)
    owner = forms.CharField(
        label="Namespace",
        required=False,
        help_text="Only what is about this owner's entries, such as deepseek-ai. Empty: everybody's.",
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds",
        required=False,
        choices=[(kind, proposal.label) for kind, proposal in KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: every kind.",
    )


class PolicyForm(forms.Form):
    approvals = forms.IntegerField(label="Approvals", required=False)
    required_checks = forms.MultipleChoiceField(
        label="Checks that have to be green",
        required=False,
        choices=[(name, check.label) for name, check in CHECKS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="Beside those that each kind requires.",
    )
