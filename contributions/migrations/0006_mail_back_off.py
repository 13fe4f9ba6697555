from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contributions", "0005_awaited_runs_and_list_indexes")]

    operations = [
        migrations.AddField(
            model_name="mailpreference",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="mailpreference",
            name="not_before",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
