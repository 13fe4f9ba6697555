"""The small forms of a contribution's page. What they may say, the actions decide."""

from django import forms

from contributions.proposals.fields.asked import Asked


class SayForm(forms.Form):
    """One text for a comment and for a review: the button decides which it is."""

    body = Asked(
        label="Comment",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown. An approval needs no words; a request for changes says which.",
    )


class AnswerForm(forms.Form):
    answer = Asked(label="Answer", widget=forms.Textarea(attrs={"rows": 3}))


class ReasonForm(forms.Form):
    why = forms.CharField(label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}))
