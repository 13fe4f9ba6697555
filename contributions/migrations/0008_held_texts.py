from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contributions", "0007_changes_of_a_baseline")]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="text",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
    ]
