import django.contrib.postgres.fields
import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contributions", "0003_conversations")]

    operations = [
        migrations.AddField(
            model_name="check",
            name="started_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="check",
            name="waits_for",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                django.db.models.fields.json.KeyTextTransform("weights_digest", "findings"),
                condition=models.Q(("name", "duplicates")),
                name="check_by_weights",
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                django.db.models.fields.json.KeyTextTransform("fingerprint", "findings"),
                condition=models.Q(("name", "origin")),
                name="check_by_fingerprint",
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                django.db.models.fields.json.KeyTextTransform("shapes_digest", "findings"),
                condition=models.Q(("name", "origin")),
                name="check_by_shapes",
            ),
        ),
    ]
