from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0008_confidential")]

    operations = [
        migrations.RemoveConstraint(model_name="rescoring", name="rescoring_once"),
        migrations.AddConstraint(
            model_name="rescoring",
            constraint=models.UniqueConstraint(
                fields=["from_recipe", "to_recipe"],
                condition=models.Q(state__in=["queued", "running"]),
                name="rescoring_under_way_once",
            ),
        ),
    ]
