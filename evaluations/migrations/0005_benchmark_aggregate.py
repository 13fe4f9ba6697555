from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0004_standing_places")]

    operations = [
        migrations.AddField(
            model_name="benchmarkversion",
            name="aggregate",
            field=models.CharField(default="task", max_length=20),
        ),
    ]
