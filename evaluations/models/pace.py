from django.db import models

from evaluations.models.recipe import Recipe


class Pace(models.Model):
    """How long a recipe takes for models of a size on a sort of machine: running sums of history.

    `size_class` is the whole part of log2(parameters), -1 where nobody knows them.
    """

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="paces")
    hardware = models.CharField(max_length=120, help_text="GPU or CPU model, as workers state it.")
    size_class = models.SmallIntegerField()
    n = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0, help_text="Sum over n runs.")
    seconds_squared = models.FloatField(default=0.0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipe", "hardware", "size_class"], name="pace_once")
        ]

    def __str__(self) -> str:
        return f"{self.recipe} on {self.hardware}: {self.n} runs"
