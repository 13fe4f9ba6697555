import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contributions", "0004_check_order_and_timing"),
        ("evaluations", "0003_claims_and_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="evaluations.run",
            ),
        ),
        migrations.CreateModel(
            name="AwaitedRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "contribution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="awaited_runs",
                        to="contributions.contribution",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="evaluations.run",
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=models.Index(
                fields=["-id"],
                condition=models.Q(("state__in", ["open", "changes_requested", "approved"])),
                name="contribution_live",
            ),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=models.Index(fields=["updated_at", "id"], name="contribution_by_update"),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=models.Index(fields=["subject", "id"], name="contribution_by_subject"),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("subject"), "gin_trgm_ops"
                ),
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("title"), "gin_trgm_ops"
                ),
                name="contribution_trigrams",
            ),
        ),
    ]
