"""The small forms of a contribution's page. What they may say, the actions decide."""

from django import forms


class SayForm(forms.Form):
    """One text for a comment and for a review: the button decides which it is."""

    body = forms.CharField(
        label="Your word",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown.",
    )


class ReasonForm(forms.Form):
    why = forms.CharField(label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}))
