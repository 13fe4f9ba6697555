"""Forms of the account pages: they read input; the actions decide."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from hub.models import User
from hub.models.token import Scope
from hub.refusal import Refusal

LIVES = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("never", "never")]


def show_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Put what an action refused beside the fields it names, or above the form."""
    known = {name: errors for name, errors in refusal.fields.items() if name in form.fields}
    for name, errors in known.items():
        for error in errors:
            form.add_error(name, error)
    if not known:
        form.add_error(None, refusal.message)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["first_name", "last_name", "about"]
        labels = {"about": "About you"}
        help_texts = {"about": "Markdown. Shown on your page."}
        widgets = {"about": forms.Textarea(attrs={"rows": 5})}


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=80, help_text="What it is for, such as “laptop” or “nightly evaluation”."
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        help_text="Reading needs no scope.",
    )
    lives = forms.ChoiceField(choices=LIVES, initial="90", label="Expires after")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        days = data.pop("lives", "never")
        data["expires_at"] = None if days == "never" else timezone.now() + timedelta(days=int(days))
        return data


class OriginTokenForm(forms.Form):
    label = forms.CharField(
        max_length=60, label="Name", help_text="What you know it by, such as “reading Llama”."
    )
    scope = forms.CharField(
        max_length=193,
        required=False,
        label="Only for",
        help_text="An owner, or owner/name. Empty: everything that you add or ask to be measured.",
    )
    secret = forms.CharField(
        max_length=500,
        label="Token",
        help_text="Make one at the origin that may read these repositories and nothing else.",
        # Never sent back: who made a mistake in another field pastes it again.
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
