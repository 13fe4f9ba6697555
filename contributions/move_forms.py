"""The small forms of a contribution's page."""

from django import forms


class CommentForm(forms.Form):
    body = forms.CharField(
        label="Comment", widget=forms.Textarea(attrs={"rows": 4}), help_text="Markdown."
    )


class ReviewForm(forms.Form):
    """`head` is the version that was on the screen; a newer one makes the review outdated."""

    prefix = "review"

    body = forms.CharField(
        label="Review",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown. Needed where changes are requested.",
    )


class ReasonForm(forms.Form):
    why = forms.CharField(
        label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
